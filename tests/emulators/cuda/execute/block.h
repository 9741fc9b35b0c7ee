// A block: its warps take turns between barriers, on one thread of this machine.
#pragma once

#include "launch.h"
#include "warp.h"

#include "../memory/shared_memory.h"

#include <map>
#include <memory>

namespace octet::ptx {

class Block {
public:
    explicit Block(const Launch &launch);

    /// Executes block number n of the grid; throws a Fault.
    void run(uint64_t n);

    const Launch &launch;
    const Kernel &kernel;
    std::array<unsigned, 3> index{};
    SharedMemory shared;
    std::vector<uint8_t> local; ///< Of all threads, one after the other.
    std::vector<ByteState> local_states;
    Counters counters;
    const Allocation *recent = nullptr; ///< The allocation that was accessed last.

    /// Barrier `id` of a block: who waits and what the arrivals have seen.
    struct Barrier {
        int arrived = 0;  ///< Threads.
        int expected = 0; ///< Threads; 0 while nobody is there.
        Clocks::Times seen{};
    };
    std::array<Barrier, 16> barriers;
    std::map<uint64_t, Clocks::Times> mbarriers; ///< What arrivals have seen, by shared offset.

    int threads() const { return static_cast<int>(launch.threads()); }
    int warps() const { return static_cast<int>(warps_.size()); }
    /// What a barrier without a count waits for: whole warps.
    int all_threads() const { return warps() * warp_size; }
    Warp &warp(int n) { return *warps_[n]; }

private:
    bool release_barriers();
    [[noreturn]] void report_deadlock();

    std::vector<std::unique_ptr<Warp>> warps_;
};

} // namespace octet::ptx
