// A compiled model from its files: what `octet compile` wrote, without the network it came from.
#pragma once

#include "compiler/compile.h"

namespace octet {

/// The model file and, beside it, its kernel library lib<name>.a, linked for this process (cached
/// by its contents) or kept for the runner's firmware. The result's program knows inputs, outputs
/// and calls, but neither the arena's tensors nor the kernels' specifications. Throws Error naming
/// the file when it is damaged, compiled for another target than `target`, or without its library.
Compiled open_compiled(const std::filesystem::path &model_file, const Target &target,
                       const std::filesystem::path &cache);

/// The model's inputs and outputs as a Graph without operators.
Graph interface_of(const Compiled &compiled);

} // namespace octet
