// Shapes that follow from operators' parameters, for activations and for constants alike.
#pragma once

#include "compiler/import/onnx/node.h"

namespace octet::onnx {

/// The output's shape of Reshape, Flatten, Squeeze or Unsqueeze of an input of `in`.
Shape reshaped_shape(const Node &node, const Shape &in);

/// The permutation of a Transpose of `rank` dimensions.
Axes permutation_of(const Node &node, size_t rank);

/// What a Slice takes along one axis: `count` elements from `begin` on by `step`.
struct Range {
    int64_t begin = 0, step = 1, count = 0;
};

/// The ranges of a Slice, one for each axis of `in`.
std::vector<Range> slice_ranges(const Node &node, const Shape &in);

/// Extents of a Split's outputs along `axis` of `in`.
std::vector<int> split_extents(const Node &node, int extent);

} // namespace octet::onnx
