// The floor under every kernel: what one core of this machine can do at most.
//
// A kernel's time means little until it stands beside the time that its multiply-accumulates or its
// bytes must take. These numbers are measured, not read from a data sheet: virtual machines share
// clocks and caches, and what counts is what this core gives now.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace octet {

/// Best of many short runs, and their median, which tells how quiet the machine was.
struct Rate {
    double best = 0, median = 0;
};

/// Reading and writing a block again and again, GB/s (10^9 bytes).
struct MemoryRate {
    std::string level; ///< where the block lies: "L1", "L2", "L3", "DRAM"
    uint64_t bytes = 0;
    Rate read, write;
};

struct Peak {
    Rate clock_ghz;        ///< a chain of dependent additions, one each cycle
    std::string int8_unit; ///< the instruction that was measured, "vpdpbusd zmm"
    Rate int8_gmacs;       ///< 10^9 int8 multiply-accumulates a second, operands in registers
    std::vector<MemoryRate> memory;
};

/// The clock of the core that this thread runs on; pin the thread first.
Rate measure_clock();

/// The fastest way this core multiplies int8 into int32 sums, and how fast.
Rate measure_int8(std::string &unit);

/// Bandwidth of one core from each cache and from memory.
std::vector<MemoryRate> measure_memory();

} // namespace octet
