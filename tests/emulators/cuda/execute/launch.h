// Runs all blocks of a kernel, several at once. The first fault ends the launch.
#pragma once

#include "fault.h"
#include "statistics.h"

#include "../memory/global_memory.h"

#include <array>
#include <cstdint>
#include <vector>

namespace octet::ptx {

/// The checks that can be turned off, for kernels that do on purpose what they look for.
struct Checks {
    bool uninitialized = true;
    bool races = true;
};

struct Launch {
    const Kernel &kernel;
    const GlobalMemory &memory;
    std::array<unsigned, 3> grid{1, 1, 1}, block{1, 1, 1};
    int dynamic_shared = 0;
    std::vector<uint8_t> parameters;
    Checks checks;
    uint64_t instruction_limit = uint64_t{1} << 32; ///< Of one warp.
    unsigned workers = 1;
    bool count_memory = false;

    unsigned threads() const { return block[0] * block[1] * block[2]; }
    uint64_t blocks() const { return uint64_t{grid[0]} * grid[1] * grid[2]; }
};

/// Throws a Fault; the counters are those of all workers together.
Counters run(const Launch &launch);

} // namespace octet::ptx
