// Kernels without weights to tile: copies, look-ups, additions, pools, softmax, (de)quantization.
//
// Each is one output Func over up to four dimensions, the innermost contiguous, perhaps with small
// stages per outer position before it. One schedule serves them all: vectorize the innermost
// dimension of every stage, keep the stages next to their consumer.
#pragma once

#include "generators/kernel.h"

#include <vector>

namespace octet::generators {

/// What a schedule needs to know of such a kernel.
struct PointwiseShape {
    std::vector<int> extents; ///< of the output, innermost first
    int element_bits = 8;     ///< the widest type that the inner loop computes in
    int window = 1;           ///< columns of a window that may be unrolled
    bool moves = false;       ///< elements only move
};

struct Pointwise {
    Signature signature;
    Halide::Func output{"output"};
    std::vector<Halide::Var> dims; ///< of the output, innermost first
    PointwiseShape shape;
    /// Reductions over a window per output element: accumulated in registers.
    std::vector<Halide::Func> windows;
    /// Arguments that every element reads, to be read once where registers hold them.
    std::vector<Halide::Func> invariants;
    /// Values per outer position (all dims but the innermost), such as softmax's sum; reduced over
    /// `row` in their update.
    std::vector<Halide::Func> rows;
    Halide::RDom row;
    /// Updates of the output that copy a part of it each, with their domains.
    std::vector<Halide::RDom> parts;
};

/// `count` loop variables: c, x, y, n and further ones.
std::vector<Halide::Var> pointwise_dims(size_t count);

} // namespace octet::generators
