// bar.sync, bar.arrive, barrier, bar.warp.sync.
//
// All threads of a warp must come to a barrier of the block together, as .aligned demands; a warp
// of which some threads have returned never does. Barriers order memory (clocks.h).
#include "instructions.h"

#include "../execute/block.h"

#include <bit>
#include <fmt/format.h>

namespace octet::ptx {
namespace {

// Slots: 0 the barrier's number, 1 the number of threads.
template <bool waits>
void run_barrier(Warp &warp, const Instruction &i) {
    Block &block = warp.block;
    if (warp.active != warp.present)
        warp.fault(i, FaultKind::BarrierDivergence, std::countr_zero(warp.present & ~warp.active),
                   fmt::format("{} of the warp's {} threads are here{}", std::popcount(warp.active),
                               std::popcount(warp.present),
                               warp.exited ? ", some have returned" : ""));
    const uint32_t id = i.slot[0] == no_slot ? 0 : warp.lanes<uint32_t>(i.slot[0])[0];
    if (id >= block.barriers.size())
        warp.fault(i, FaultKind::BarrierDivergence, -1, fmt::format("there is no barrier {}", id));
    Block::Barrier &barrier = block.barriers[id];
    const int expected = i.slot[1] == no_slot
                             ? block.all_threads()
                             : static_cast<int>(warp.lanes<uint32_t>(i.slot[1])[0]);
    if (expected <= 0 || expected % warp_size || (barrier.expected && barrier.expected != expected))
        warp.fault(i, FaultKind::BarrierDivergence, -1,
                   fmt::format("barrier {} is to wait for {} threads", id, expected));
    barrier.expected = expected;
    barrier.arrived += warp_size;
    block.shared.clocks().give(warp.number, barrier.seen);
    if (waits)
        warp.wait(static_cast<int>(id));
}

// bar.warp.sync: the lanes of the mask, which must be those that are here.
void run_warp_barrier(Warp &warp, const Instruction &i) {
    for_lanes(warp.active, [&](int lane) {
        const Lanes mask = warp.lanes<uint32_t>(i.slot[0])[lane] & warp.present & ~warp.exited;
        if (mask != warp.active)
            warp.fault(i, FaultKind::WarpDivergence, lane,
                       fmt::format("the mask is {:#x}, lanes {:#x} are here", mask, warp.active));
    });
    warp.block.shared.clocks().step(warp.number);
}

void decode_barrier(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Barrier;
    d.opcode.take("cta");
    if (d.opcode.take("warp")) {
        i.slot[0] = d.source(0, {Kind::Bits, 32});
        if (d.opcode.take("sync"))
            i.run = run_warp_barrier;
        return;
    }
    d.opcode.take("aligned");
    const bool arrives = d.opcode.take("arrive");
    if (!arrives && !d.opcode.take("sync"))
        return;
    for (size_t n = 0; n < std::min<size_t>(d.operands(), 2); n++)
        i.slot[n] = d.source(n, {Kind::Unsigned, 32});
    i.run = arrives ? run_barrier<false> : run_barrier<true>;
}

} // namespace

void add_barriers(InstructionTable &table) {
    table["bar"] = decode_barrier;
    table["barrier"] = decode_barrier;
}

} // namespace octet::ptx
