// Blocks: stretches of a network between points where all that matters is in one tensor.
//
// Errors of a residual block's layers meet in its addition, so they are best made small together.
// Operators are in order of execution; where only one tensor of those before is still read behind,
// the network can be cut. A block is what lies between two cuts, or several such stretches until
// they hold three layers with weights: longer chains learn no better from a few hundred samples.
#pragma once

#include "compiler/graph/graph.h"

#include <vector>

namespace octet::quantize {

/// Operators [first, last).
struct Block {
    size_t first = 0, last = 0;
    std::vector<TensorId> inputs;  ///< not constant, computed before the block
    std::vector<TensorId> outputs; ///< read behind the block, or the network's
    std::vector<size_t> weighted;  ///< operators with weights
};

/// All operators in blocks, in order.
std::vector<Block> find_blocks(const Graph &graph);

} // namespace octet::quantize
