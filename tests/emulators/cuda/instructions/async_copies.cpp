// cp.async: copies from global to shared memory that arrive at the wait.
//
// The source is read at once, but the destination is poisoned ("pending") until the thread that
// issued the copy waits for its group; so a wait that is missing, or counts one group too many, is
// found by whoever reads. Waiting covers a thread's own copies only: others need a barrier behind
// it, which the race check sees.
#include "instructions.h"

#include "async_copies.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

// Slots: 0 destination address, 1 source address, 2 source size or none. The destination's offset
// is in lists[0], the source's in `offset`.
void run_copy(Warp &warp, const Instruction &i) {
    uint64_t sources[warp_size], destinations[warp_size];
    warp.addresses(i, i.slot[1], sources);
    Instruction destination = i;
    destination.offset = i.lists[0];
    destination.wide_address = i.lists[1];
    warp.addresses(destination, i.slot[0], destinations);
    const Lanes ignored =
        i.slot[3] == no_slot ? 0 : warp.predicate(i.slot[3]) ^ (i.option ? all_lanes : 0);
    Counters &counters = warp.block.counters;
    if (counters.with_memory) {
        counters.count_global(sources, warp.active, i.bytes, false);
        counters.count_shared(destinations, warp.active, i.bytes, true);
    }
    for_lanes(warp.active, [&](int lane) {
        PendingCopy copy;
        copy.lane = lane;
        copy.bytes = i.bytes;
        copy.group = warp.committed[lane];
        uint32_t take = i.slot[2] == no_slot ? i.bytes : warp.lanes<uint32_t>(i.slot[2])[lane];
        if (take > i.bytes)
            warp.fault(i, FaultKind::OutOfBounds, lane,
                       fmt::format("the source has {} bytes, the copy {}", take, int{i.bytes}));
        if (ignored >> lane & 1)
            take = 0;
        if (sources[lane] % i.bytes)
            warp.fault(i, FaultKind::Misaligned, lane,
                       fmt::format("the source is not a multiple of {}", int{i.bytes}),
                       sources[lane]);
        // A source that ends early may end where its allocation does.
        const uint32_t piece = take == i.bytes ? take : 1;
        for (uint32_t n = 0; n < take; n += piece) {
            const uint64_t at = sources[lane] + n;
            const Place from = locate(warp, i, lane, Space::Global, at, static_cast<int>(piece));
            check_read(warp, i, lane, from, at, static_cast<int>(piece));
            std::memcpy(copy.data + n, from.bytes, piece);
        }
        const Place to = locate(warp, i, lane, Space::Shared, destinations[lane], i.bytes);
        check_write(warp, i, lane, to, destinations[lane], i.bytes, nullptr);
        std::memset(to.bytes, 0xca, i.bytes);
        std::memset(to.states, static_cast<int>(ByteState::Pending), i.bytes);
        copy.shared = to.shared;
        warp.copies.push_back(copy);
    });
}

void run_commit(Warp &warp, const Instruction &) {
    for_lanes(warp.active, [&](int lane) { warp.committed[lane]++; });
}

// All but the latest `option` groups; -1: all, committed or not.
void run_wait(Warp &warp, const Instruction &i) {
    uint64_t below[warp_size] = {};
    for_lanes(warp.active, [&](int lane) {
        const uint64_t committed = warp.committed[lane];
        const uint64_t keep = static_cast<uint64_t>(std::max(i.option, 0));
        below[lane] = i.option < 0 ? committed + 1 : committed - std::min(keep, committed);
    });
    land_copies(warp, i, below);
}

void decode_copy(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::AsyncCopy;
    if (!d.opcode.take("async") || d.opcode.has("bulk") || d.opcode.has("mbarrier"))
        return decode_mbarrier_copy(d);
    if (d.opcode.take("commit_group")) {
        i.run = run_commit;
        return;
    }
    if (d.opcode.take("wait_all")) {
        i.option = -1;
        i.run = run_wait;
        return;
    }
    if (d.opcode.take("wait_group")) {
        i.option = static_cast<int>(d.constant(0));
        i.run = run_wait;
        return;
    }
    const bool ca = d.opcode.take("ca"), cg = !ca && d.opcode.take("cg");
    const bool spaces =
        (d.opcode.take("shared") || d.opcode.take("shared::cta")) && d.opcode.take("global");
    for (const char *hint : {"L2::64B", "L2::128B", "L2::256B"})
        d.opcode.take(hint);
    i.space = Space::Shared;
    d.address(0, 0);
    i.lists = {static_cast<Slot>(i.offset), i.wide_address};
    i.offset = 0;
    i.space = Space::Global;
    d.address(1, 1);
    const long long bytes = d.constant(2);
    if (d.operands() > 3) {
        const std::string &last = d.operand(3);
        bool negated = false;
        if (d.is_predicate(3)) {
            i.slot[3] = d.predicate(3, negated);
            i.option = negated;
        } else if (!last.empty()) {
            i.slot[2] = d.source(3, {Kind::Bits, 32});
        }
    }
    i.bytes = static_cast<uint8_t>(bytes);
    if (spaces && ((cg && bytes == 16) || (ca && (bytes == 4 || bytes == 8 || bytes == 16))))
        i.run = run_copy;
}

} // namespace

void land_copies(Warp &warp, const Instruction &i, const uint64_t *below) {
    SharedMemory &shared = warp.block.shared;
    std::erase_if(warp.copies, [&](const PendingCopy &copy) {
        if (copy.group >= below[copy.lane])
            return false;
        const Place to{Space::Shared, shared.bytes() + copy.shared, shared.states() + copy.shared,
                       copy.shared};
        mark_written(to, copy.bytes);
        // The bytes become this thread's now, not when the copy was issued.
        if (warp.block.launch.checks.races &&
            shared.write(warp.thread(copy.lane), copy.shared, copy.bytes, nullptr) >= 0)
            warp.fault(i, FaultKind::Race, copy.lane, "another thread has used the destination",
                       copy.shared);
        std::memcpy(to.bytes, copy.data, copy.bytes);
        return true;
    });
}

void add_async_copies(InstructionTable &table) {
    table["cp"] = decode_copy;
}

} // namespace octet::ptx
