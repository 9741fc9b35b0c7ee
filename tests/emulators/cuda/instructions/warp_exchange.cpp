// shfl.sync, vote.sync, activemask, redux.sync, match.sync, elect.sync.
//
// The member mask must be exactly the lanes that execute the instruction: where a card waits for
// the missing ones, a warp that runs its ways one after the other would wait forever.
#include "instructions.h"
#include "lanewise.h"

#include "../execute/block.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

void check_members(Warp &warp, const Instruction &i, Slot slot) {
    const uint32_t *mask = warp.lanes<uint32_t>(slot);
    for_lanes(warp.active, [&](int lane) {
        if ((mask[lane] & warp.present & ~warp.exited) != warp.active)
            warp.fault(
                i, FaultKind::WarpDivergence, lane,
                fmt::format("the mask is {:#x}, lanes {:#x} execute it", mask[lane], warp.active));
    });
}

enum class Shuffle { Up, Down, Butterfly, Index };

// Slots: result, value, lane or distance, clamp and segments, mask, predicate "in range".
void run_shuffle(Warp &warp, const Instruction &i) {
    check_members(warp, i, i.slot[4]);
    uint32_t values[warp_size];
    std::memcpy(values, warp.lanes<uint32_t>(i.slot[1]), sizeof values);
    const uint32_t *by = warp.lanes<uint32_t>(i.slot[2]),
                   *control = warp.lanes<uint32_t>(i.slot[3]);
    uint32_t results[warp_size];
    Lanes in_range = 0;
    for_lanes(warp.active, [&](int lane) {
        const int b = by[lane] & 31, clamp = control[lane] & 31, segment = control[lane] >> 8 & 31;
        const int last = (lane & segment) | (clamp & ~segment), first = lane & segment;
        int from = 0;
        bool inside = false;
        switch (static_cast<Shuffle>(i.option)) {
        case Shuffle::Up:
            from = lane - b;
            inside = from >= last;
            break;
        case Shuffle::Down:
            from = lane + b;
            inside = from <= last;
            break;
        case Shuffle::Butterfly:
            from = lane ^ b;
            inside = from <= last;
            break;
        case Shuffle::Index:
            from = first | (b & ~segment);
            inside = from <= last;
            break;
        }
        if (!inside)
            from = lane;
        if (!(warp.active >> from & 1))
            warp.fault(i, FaultKind::WarpDivergence, lane,
                       fmt::format("lane {} reads lane {}, which does not take part", lane, from));
        results[lane] = values[from];
        in_range |= Lanes{inside} << lane;
    });
    for_lanes(warp.active,
              [&](int lane) { warp.lanes<uint32_t>(i.slot[0])[lane] = results[lane]; });
    if (i.slot[5] != no_slot) {
        Lanes &predicate = warp.predicate(i.slot[5]);
        predicate = (in_range & warp.active) | (predicate & ~warp.active);
    }
}

void decode_shuffle(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Warp;
    const bool sync = d.opcode.take("sync");
    i.option = d.opcode.take_one_of({"up", "down", "bfly", "idx"});
    const Type type = d.opcode.take_type();
    const bool with_predicate = d.operands() == 6;
    i.slot[0] = d.destination(0, 32);
    if (with_predicate)
        i.slot[5] = d.destination(1, 1);
    for (size_t n = 1; n <= 4; n++)
        i.slot[n] = d.source(n + with_predicate, {Kind::Bits, 32});
    if (sync && i.option >= 0 && type.bits == 32)
        i.run = run_shuffle;
}

enum class Vote { All, Any, Uniform, Ballot };

// Slots: result, predicate, mask.
void run_vote(Warp &warp, const Instruction &i) {
    check_members(warp, i, i.slot[2]);
    Lanes yes = warp.predicate(i.slot[1]);
    yes = (i.elements == 2 ? ~yes : yes) & warp.active;
    if (static_cast<Vote>(i.option) == Vote::Ballot) {
        for_lanes(warp.active, [&](int lane) { warp.lanes<uint32_t>(i.slot[0])[lane] = yes; });
        return;
    }
    const bool all = yes == warp.active, any = yes != 0;
    const bool result = static_cast<Vote>(i.option) == Vote::All   ? all
                        : static_cast<Vote>(i.option) == Vote::Any ? any
                                                                   : all || !any;
    Lanes &to = warp.predicate(i.slot[0]);
    to = (result ? warp.active : 0) | (to & ~warp.active);
}

void decode_vote(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Warp;
    const bool sync = d.opcode.take("sync");
    i.option = d.opcode.take_one_of({"all", "any", "uni", "ballot"});
    d.opcode.take_type();
    i.slot[0] = d.destination(0, static_cast<Vote>(i.option) == Vote::Ballot ? 32 : 1);
    bool negated = false;
    i.slot[1] = d.predicate(1, negated);
    i.elements = negated ? 2 : 1;
    i.slot[2] = d.source(2, {Kind::Bits, 32});
    if (sync && i.option >= 0)
        i.run = run_vote;
}

void run_active_mask(Warp &warp, const Instruction &i) {
    for_lanes(warp.active, [&](int lane) { warp.lanes<uint32_t>(i.slot[0])[lane] = warp.active; });
}

void decode_active_mask(Decoder &d) {
    d.opcode.take_type();
    d.instruction.counted_as = Class::Warp;
    d.instruction.slot[0] = d.destination(0, 32);
    d.instruction.run = run_active_mask;
}

// redux.sync: slots result, value, mask. Options in the order of the modifiers.
template <class T>
void run_reduction(Warp &warp, const Instruction &i) {
    check_members(warp, i, i.slot[2]);
    const T *values = warp.lanes<T>(i.slot[1]);
    T sum = values[std::countr_zero(warp.active)];
    for_lanes(warp.active & (warp.active - 1), [&](int lane) {
        const T v = values[lane];
        switch (i.option) {
        case 0:
            sum = static_cast<T>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(v));
            break;
        case 1:
            sum = std::min(sum, v);
            break;
        case 2:
            sum = std::max(sum, v);
            break;
        case 3:
            sum &= v;
            break;
        case 4:
            sum |= v;
            break;
        default:
            sum ^= v;
        }
    });
    for_lanes(warp.active, [&](int lane) { warp.lanes<T>(i.slot[0])[lane] = sum; });
}

void decode_reduction(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Warp;
    const bool sync = d.opcode.take("sync");
    i.option = d.opcode.take_one_of({"add", "min", "max", "and", "or", "xor"});
    const Type type = d.opcode.take_type();
    i.slot[0] = d.destination(0, 32);
    i.slot[1] = d.source(1, type);
    i.slot[2] = d.source(2, {Kind::Bits, 32});
    if (sync && i.option >= 0 && type.bits == 32)
        i.run = type.is_signed() ? run_reduction<int32_t> : run_reduction<uint32_t>;
}

// match.any.sync.b32: the lanes that have the same value.
void run_match(Warp &warp, const Instruction &i) {
    check_members(warp, i, i.slot[2]);
    const uint32_t *values = warp.lanes<uint32_t>(i.slot[1]);
    uint32_t results[warp_size];
    for_lanes(warp.active, [&](int lane) {
        results[lane] = 0;
        for_lanes(warp.active, [&](int other) {
            results[lane] |= static_cast<uint32_t>(values[lane] == values[other]) << other;
        });
    });
    for_lanes(warp.active,
              [&](int lane) { warp.lanes<uint32_t>(i.slot[0])[lane] = results[lane]; });
}

void decode_match(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Warp;
    const bool known = d.opcode.take("any") && d.opcode.take("sync");
    const Type type = d.opcode.take_type();
    i.slot[0] = d.destination(0, 32);
    i.slot[1] = d.source(1, type);
    i.slot[2] = d.source(2, {Kind::Bits, 32});
    if (known && type.bits == 32)
        i.run = run_match;
}

// elect.sync d|p, mask: the lowest lane leads.
void run_elect(Warp &warp, const Instruction &i) {
    check_members(warp, i, i.slot[2]);
    const int leader = std::countr_zero(warp.active);
    for_lanes(warp.active, [&](int lane) { warp.lanes<uint32_t>(i.slot[0])[lane] = leader; });
    Lanes &predicate = warp.predicate(i.slot[1]);
    predicate = (Lanes{1} << leader) | (predicate & ~warp.active);
}

void decode_elect(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Warp;
    const bool sync = d.opcode.take("sync");
    i.slot[0] = d.destination(0, 32);
    i.slot[1] = d.destination(1, 1);
    i.slot[2] = d.source(2, {Kind::Bits, 32});
    if (sync)
        i.run = run_elect;
}

} // namespace

void add_warp_exchange(InstructionTable &table) {
    table["shfl"] = decode_shuffle;
    table["vote"] = decode_vote;
    table["activemask"] = decode_active_mask;
    table["redux"] = decode_reduction;
    table["match"] = decode_match;
    table["elect"] = decode_elect;
}

} // namespace octet::ptx
