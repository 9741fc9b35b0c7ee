#include "block.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace octet::ptx {

Block::Block(const Launch &launch) : launch(launch), kernel(launch.kernel) {
    counters.executed.resize(kernel.code.size());
    counters.with_memory = launch.count_memory;
    for (int first = 0, number = 0; first < threads(); first += warp_size, number++)
        warps_.push_back(std::make_unique<Warp>(*this, number));
}

void Block::run(uint64_t n) {
    index = {static_cast<unsigned>(n % launch.grid[0]),
             static_cast<unsigned>(n / launch.grid[0] % launch.grid[1]),
             static_cast<unsigned>(n / launch.grid[0] / launch.grid[1])};
    const int static_shared = (kernel.shared_bytes + 15) / 16 * 16;
    shared.restart(launch.dynamic_shared ? static_shared + launch.dynamic_shared
                                         : kernel.shared_bytes);
    local.assign(static_cast<size_t>(threads()) * kernel.local_bytes, 0xcc);
    local_states.assign(local.size(), ByteState::Unwritten);
    barriers.fill({});
    mbarriers.clear();
    for (auto &warp : warps_)
        warp->start();
    for (;;) {
        bool progress = false, done = true;
        for (auto &warp : warps_) {
            if (warp->state == Warp::State::Ready) {
                warp->run();
                progress = true;
            }
            done &= warp->state == Warp::State::Done;
        }
        if (done)
            return;
        progress |= release_barriers();
        if (!progress)
            report_deadlock();
    }
}

bool Block::release_barriers() {
    bool released = false;
    for (int id = 0; id < static_cast<int>(barriers.size()); id++) {
        Barrier &barrier = barriers[id];
        if (!barrier.expected || barrier.arrived < barrier.expected)
            continue;
        for (auto &warp : warps_)
            if (warp->state == Warp::State::AtBarrier && warp->barrier == id) {
                shared.clocks().take(warp->number, barrier.seen);
                warp->state = Warp::State::Ready;
            }
        barrier = {};
        released = true;
    }
    return released;
}

// Somebody waits for threads that have returned or wait elsewhere.
void Block::report_deadlock() {
    for (auto &warp : warps_) {
        if (warp->state != Warp::State::AtBarrier)
            continue;
        std::string others;
        for (auto &other : warps_)
            if (other->state == Warp::State::Done)
                others = fmt::format("warp {} has returned", other->number);
            else if (other->barrier != warp->barrier)
                others = fmt::format("warp {} waits at barrier {}", other->number, other->barrier);
        warp->fault(warp->current(), FaultKind::BarrierDivergence, -1,
                    fmt::format("{} of {} threads are at barrier {}, {}",
                                barriers[warp->barrier].arrived, barriers[warp->barrier].expected,
                                warp->barrier, others));
    }
    throw std::logic_error("no warp of a block can go on and none waits");
}

} // namespace octet::ptx
