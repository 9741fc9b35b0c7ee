// Windows that slide over images: convolutions' and pools' kernels, strides, dilations and padding.
//
// One-dimensional operators are two-dimensional ones of height 1. Octet's paddings are explicit and
// lie below the kernel's extent; whatever ONNX can say beyond that (padding by a word, padding
// wider than the kernel) is resolved here.
#pragma once

#include "compiler/import/onnx/node.h"

namespace octet::onnx {

struct WindowAxis {
    int kernel = 1, stride = 1, dilation = 1;
    int before = 0, after = 0; ///< padding

    int covered() const { return (kernel - 1) * dilation + 1; }
};

struct Window {
    WindowAxis h, w;
    Padding padding() const { return {h.before, h.after, w.before, w.after}; }
};

/// The node's window over images of `shape` (NCHW or NCL), its kernel by `kernel_shape` (one or two
/// extents). Padding that a word asks for is resolved by the rule of convolutions.
Window read_window(const Node &node, const Shape &shape, const std::vector<int64_t> &kernel_shape);

/// Extent of the output along one axis; with `ceil_mode` windows may reach beyond the padding, and
/// `axis.after` grows by as much.
int output_extent(const Node &node, int input, WindowAxis &axis, bool ceil_mode = false);

/// The order in memory of images of this rank: NHWC, N1LC.
Axes image_order(size_t rank);
/// Input `i`, an image of 3 or 4 dimensions, in that order.
TensorId image_input(const Node &node, size_t i = 0);
/// Output 0 of the node: an NHWC tensor, seen as NCHW or, for `rank` 3, as NCL.
void set_image_output(const Node &node, TensorId tensor, size_t rank);
/// The image with rows and columns of zeros around it.
TensorId zero_padded(const Node &node, TensorId image, const Padding &padding);

} // namespace octet::onnx
