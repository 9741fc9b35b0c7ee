// What the interpreter of CUDA kernels counts: instructions, memory traffic and bank conflicts of
// each call. They say what a card would execute, and nothing of how long it would take.
#pragma once

#include "compiler/compile.h"

#include <cstdint>
#include <string>
#include <vector>

namespace octet::tools {

/// Counts of one call of the program; instructions are those of warps.
struct CardCount {
    uint64_t launches = 0, instructions = 0;
    uint64_t matrix = 0, dot = 0; ///< tile products (mma, wgmma) and dot products (dp4a)
    uint64_t loaded_bytes = 0, stored_bytes = 0, sectors = 0; ///< of global memory
    /// Accesses to shared memory, and how often its banks were needed for them: as often without
    /// conflicts between banks, but for accesses of 8 and 16 bytes, which need 2 and 4.
    uint64_t shared_requests = 0, shared_passes = 0;

    bool operator==(const CardCount &) const = default;
};

/// Runs each call once in the interpreter. Throws Error where that is not to be had.
std::vector<CardCount> count_on_card(const Compiled &compiled);

/// The sum over all calls.
CardCount total(const std::vector<CardCount> &counts);

/// A table with a row for each call, and one for all.
std::string to_text(const lower::Program &program, const std::vector<CardCount> &counts);

/// The same as JSON text.
std::string to_json(const lower::Program &program, const std::vector<CardCount> &counts);

} // namespace octet::tools
