// All kernels of a program as object files in the cache.
#pragma once

#include "compiler/compile.h"
#include "compiler/emit/cuda/assemble.h"

namespace octet::emit {

struct Objects {
    std::vector<std::filesystem::path> files; ///< one per kernel of the program, in its order
    std::vector<uint64_t> code_bytes;         ///< machine code in each
    /// Of each kernel of lane c, the instructions that were selected; empty for other lanes.
    std::vector<std::vector<std::string>> instructions;
    /// Of each kernel of lane cuda, what its functions need of each card.
    std::vector<std::vector<CardResources>> resources;
    size_t cache_hits = 0;
};

/// Compiles what the cache does not hold, several kernels at once in processes of their own. Throws
/// Error naming the kernel when one fails or exceeds options.kernel_seconds.
Objects compile_kernels(const lower::Program &program, const CompileOptions &options,
                        const std::filesystem::path &cache);

} // namespace octet::emit
