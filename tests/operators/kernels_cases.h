// Small graphs for what lowering and the generators do: one list for every target and rounding.
//
// Compiling is what takes time, and it goes by graph: the cases of a group are merged into one
// graph of independent parts, whose kernels compile side by side. A case is named by its graph; the
// operators of the merged graph carry the case's name in front of theirs.
#pragma once

#include "compiler/graph/graph.h"
#include "tests/support/random_graph.h"

#include <functional>

namespace octet::test {

struct CaseGroup {
    std::string name; ///< a C identifier
    std::vector<Graph> cases;

    /// Appends a case; `build` returns its outputs.
    void add(const std::string &name,
             const std::function<std::vector<TensorId>(RandomGraph &)> &build);
};

/// conv2d, depthwise_conv2d and fully_connected over channels, kernels, strides, dilations,
/// paddings, groups, multipliers and batches.
std::vector<CaseGroup> convolution_cases();

/// Operators without weights: add, pools, mean, softmax, unary operators, conversions, movement.
std::vector<CaseGroup> pointwise_cases();

/// Two operands other than additions; activations and chains of them.
std::vector<CaseGroup> arithmetic_cases();

/// Slices, resizing and transposed convolutions.
std::vector<CaseGroup> image_cases();

/// Several operators: what is fused, viewed, shared, consumed twice; whole random networks.
std::vector<CaseGroup> network_cases();

/// All cases of the group in one graph.
Graph merged(const CaseGroup &group);

} // namespace octet::test
