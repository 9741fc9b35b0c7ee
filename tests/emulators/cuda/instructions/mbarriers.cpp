// mbarrier: barriers that are objects in shared memory, with phases. Without transaction counts:
// bulk copies, which need them, are not supported.
//
// An arrival tells what its warp has seen, a successful wait learns it (clocks.h). A wait that
// fails gives the other warps a turn.
#include "instructions.h"

#include "async_copies.h"

#include "../memory/spaces.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

struct Object {
    uint32_t expected : 20, unused : 12;
    uint32_t pending : 20, phase : 1, magic : 11;
};
static_assert(sizeof(Object) == 8);
constexpr uint32_t magic = 0x5a5;
constexpr uint64_t window_mask = window_bytes - 1;

// Barriers are reached by all threads at any time, so the race check does not look at them.
Object &object(Warp &warp, const Instruction &i, int lane, uint64_t address, bool must_be_there) {
    const Place place = locate(warp, i, lane, i.space, address, sizeof(Object));
    if (place.space != Space::Shared)
        warp.fault(i, FaultKind::OutOfBounds, lane, "the barrier does not lie in shared memory",
                   address);
    Object &found = *reinterpret_cast<Object *>(place.bytes);
    if (must_be_there && found.magic != magic)
        warp.fault(i, FaultKind::UninitializedMemory, lane,
                   "there is no barrier that was initialized", address);
    mark_written(place, sizeof(Object));
    return found;
}

void arrive(Warp &warp, const Instruction &i, int lane, uint64_t address, uint32_t count) {
    Object &barrier = object(warp, i, lane, address, true);
    if (count > barrier.pending)
        warp.fault(
            i, FaultKind::BarrierDivergence, lane,
            fmt::format("{} arrivals where {} are pending", count, uint32_t{barrier.pending}),
            address);
    barrier.pending -= count;
    Clocks &clocks = warp.block.shared.clocks();
    clocks.give(warp.number, warp.block.mbarriers[address & window_mask]);
    if (barrier.pending == 0) {
        barrier.pending = barrier.expected;
        barrier.phase ^= 1;
    }
}

void run_init(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    for_lanes(warp.active, [&](int lane) {
        Object &barrier = object(warp, i, lane, addresses[lane], false);
        const uint32_t count = warp.lanes<uint32_t>(i.slot[2])[lane];
        barrier = {count & 0xfffff, 0, count & 0xfffff, 0, magic};
    });
}

void run_invalidate(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    for_lanes(warp.active,
              [&](int lane) { object(warp, i, lane, addresses[lane], true) = Object{}; });
}

// Slots: 0 state or none, 1 address, 2 count or none. The state is the phase that goes on.
void run_arrive(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    for_lanes(warp.active, [&](int lane) {
        if (i.slot[0] != no_slot)
            warp.lanes<uint64_t>(i.slot[0])[lane] =
                object(warp, i, lane, addresses[lane], true).phase;
        const uint32_t count = i.slot[2] == no_slot ? 1 : warp.lanes<uint32_t>(i.slot[2])[lane];
        arrive(warp, i, lane, addresses[lane], count);
    });
}

// Slots: 0 predicate, 1 address, 2 the phase or its parity.
template <class Phase>
void run_test(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size];
    warp.addresses(i, i.slot[1], addresses);
    Lanes done = 0;
    for_lanes(warp.active, [&](int lane) {
        const uint32_t asked = static_cast<uint32_t>(warp.lanes<Phase>(i.slot[2])[lane]) & 1;
        if (object(warp, i, lane, addresses[lane], true).phase == asked)
            return;
        done |= Lanes{1} << lane;
        warp.block.shared.clocks().take(warp.number,
                                        warp.block.mbarriers[addresses[lane] & window_mask]);
    });
    Lanes &result = warp.predicate(i.slot[0]);
    result = done | (result & ~warp.active);
    if (done != warp.active)
        warp.yield();
}

// The copies of the lane arrive at once and count as an arrival; without noinc it is also expected.
void run_copy_arrive(Warp &warp, const Instruction &i) {
    uint64_t addresses[warp_size], below[warp_size] = {};
    warp.addresses(i, i.slot[1], addresses);
    for_lanes(warp.active, [&](int lane) { below[lane] = warp.committed[lane] + 1; });
    land_copies(warp, i, below);
    for_lanes(warp.active, [&](int lane) {
        if (!i.option)
            object(warp, i, lane, addresses[lane], true).pending++;
        arrive(warp, i, lane, addresses[lane], 1);
    });
}

void take_scope(Decoder &d) {
    for (const char *word : {"release", "acquire", "relaxed", "cta", "cluster"})
        d.opcode.take(word);
    d.instruction.space = d.take_space();
    d.opcode.take_type();
}

void decode_mbarrier(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Barrier;
    const int what = d.opcode.take_one_of({"init", "inval", "arrive", "test_wait", "try_wait"});
    take_scope(d);
    if (what == 0) {
        d.address(0, 1);
        i.slot[2] = d.source(1, {Kind::Unsigned, 32});
        i.run = run_init;
    } else if (what == 1) {
        d.address(0, 1);
        i.run = run_invalidate;
    } else if (what == 2) {
        i.slot[0] = d.destination(0, 64);
        d.address(1, 1);
        if (d.operands() > 2)
            i.slot[2] = d.source(2, {Kind::Unsigned, 32});
        i.run = run_arrive;
    } else if (what > 2) {
        const bool parity = d.opcode.take("parity");
        i.slot[0] = d.destination(0, 1);
        d.address(1, 1);
        i.slot[2] = d.source(2, {Kind::Unsigned, parity ? 32 : 64});
        if (d.operands() > 3)
            d.source(3, {Kind::Unsigned, 32}); // A time limit.
        i.run = parity ? run_test<uint32_t> : run_test<uint64_t>;
    }
}

} // namespace

void decode_mbarrier_copy(Decoder &d) {
    Instruction &i = d.instruction;
    if (!d.opcode.take("mbarrier") || !d.opcode.take("arrive"))
        d.fail(d.opcode.text() + " is not supported");
    i.option = d.opcode.take("noinc");
    take_scope(d);
    d.address(0, 1);
    i.run = run_copy_arrive;
}

void add_mbarriers(InstructionTable &table) {
    table["mbarrier"] = decode_mbarrier;
}

} // namespace octet::ptx
