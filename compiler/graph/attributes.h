// What an operator carries beside its tensors: one plain struct per operator that needs one.
//
// Names follow the operators' mathematics, not a file format; importers translate into them. All
// sizes are in elements, axes count from the outermost dimension and are never negative.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

namespace octet {

/// Clamp fused into an operator's output, in real (dequantized) values.
enum class Activation : uint8_t { none, relu, relu6, relu_n1_to_1 };

/// Zero-point padding around height and width. Explicit: importers resolve SAME and VALID.
struct Padding {
    int top = 0, bottom = 0, left = 0, right = 0;
    bool operator==(const Padding &) const = default;
    bool any() const { return top || bottom || left || right; }
};

/// How float activations meet int8 weights. `none`: the weights' real values are meant, and all
/// arithmetic is float. Else the activations become int8 at run time, one grid for each image of a
/// batch or each row of a fully connected operator, and the sums are exact in 32 bits
/// (docs/numerics.md). `none` wherever activations or weights are of another type.
enum class DynamicInput : uint8_t {
    none,
    symmetric, ///< from -127 to 127 around 0
    asymmetric ///< from -128 to 127 around a zero point
};

/// Two-dimensional convolution. Input NHWC, weights (c_out, k_h, k_w, c_in / groups), bias (c_out).
struct Conv2dAttributes {
    int stride_h = 1, stride_w = 1;
    int dilation_h = 1, dilation_w = 1;
    int groups = 1;
    Padding padding = {};
    Activation activation = Activation::none;
    DynamicInput dynamic_input = DynamicInput::none;
    bool operator==(const Conv2dAttributes &) const = default;
};

/// Depthwise convolution. Weights (1, k_h, k_w, c_in * multiplier); output channel c reads input
/// channel c / multiplier.
struct DepthwiseConv2dAttributes {
    int stride_h = 1, stride_w = 1;
    int dilation_h = 1, dilation_w = 1;
    int multiplier = 1;
    Padding padding = {};
    Activation activation = Activation::none;
    DynamicInput dynamic_input = DynamicInput::none;
    bool operator==(const DepthwiseConv2dAttributes &) const = default;
};

/// Input flattened to (batch, c_in), weights (c_out, c_in), bias (c_out).
struct FullyConnectedAttributes {
    bool keep_dims = false; ///< Output keeps the input's leading dimensions.
    Activation activation = Activation::none;
    DynamicInput dynamic_input = DynamicInput::none;
    bool operator==(const FullyConnectedAttributes &) const = default;
};

/// Average and max pooling; padded places do not count.
struct Pool2dAttributes {
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1;
    Padding padding = {};
    Activation activation = Activation::none;
    bool operator==(const Pool2dAttributes &) const = default;
};

struct AddAttributes {
    Activation activation = Activation::none;
    bool operator==(const AddAttributes &) const = default;
};

struct SubAttributes {
    Activation activation = Activation::none;
    bool operator==(const SubAttributes &) const = default;
};

struct MulAttributes {
    Activation activation = Activation::none;
    bool operator==(const MulAttributes &) const = default;
};

/// x where it is positive, alpha x elsewhere.
struct LeakyReluAttributes {
    float alpha = 0.2f;
    bool operator==(const LeakyReluAttributes &) const = default;
};

/// Transposed convolution: the gradient of a convolution with respect to its input. Input NHWC,
/// weights (c_out, k_h, k_w, c_in), bias (c_out). Input (y, x) adds to outputs
/// (y stride_h - top + ry, x stride_w - left + rx); the output's extents are the stored ones, and
/// `bottom` and `right`, which follow from them, are 0.
struct TransposeConv2dAttributes {
    int stride_h = 1, stride_w = 1;
    Padding padding = {};
    Activation activation = Activation::none;
    bool operator==(const TransposeConv2dAttributes &) const = default;
};

/// Resizing of height and width to the stored output's. With half_pixel_centers output pixel i
/// samples at (i + 1/2) in / out - 1/2, with align_corners at i (in - 1) / (out - 1), else at
/// i in / out.
struct ResizeAttributes {
    bool align_corners = false, half_pixel_centers = false;
    bool operator==(const ResizeAttributes &) const = default;
};

/// Per axis begin and stride (positive); as many elements of it as the stored output has.
struct SliceAttributes {
    std::vector<int> begin, strides;
    bool operator==(const SliceAttributes &) const = default;
};

/// Mean over `axes` (sorted, unique).
struct MeanAttributes {
    std::vector<int> axes;
    bool keep_dims = false;
    bool operator==(const MeanAttributes &) const = default;
};

/// Constant padding by the tensor's zero point (quantized) or 0 (float): per axis (before, after).
struct PadAttributes {
    std::vector<std::pair<int, int>> pads;
    bool operator==(const PadAttributes &) const = default;
};

/// Softmax over the last axis of beta * x.
struct SoftmaxAttributes {
    float beta = 1.0f;
    bool operator==(const SoftmaxAttributes &) const = default;
};

struct ConcatenationAttributes {
    int axis = 0;
    Activation activation = Activation::none;
    bool operator==(const ConcatenationAttributes &) const = default;
};

/// Output axis i is input axis permutation[i].
struct TransposeAttributes {
    std::vector<int> permutation;
    bool operator==(const TransposeAttributes &) const = default;
};

/// Shape arithmetic only: begin, end and strides are constant inputs 1, 2 and 3.
struct StridedSliceAttributes {
    int begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0, shrink_axis_mask = 0;
    bool operator==(const StridedSliceAttributes &) const = default;
};

/// Shape arithmetic only: stacks its inputs along a new axis.
struct PackAttributes {
    int axis = 0;
    bool operator==(const PackAttributes &) const = default;
};

using Attributes =
    std::variant<std::monostate, Conv2dAttributes, DepthwiseConv2dAttributes,
                 FullyConnectedAttributes, Pool2dAttributes, AddAttributes, MeanAttributes,
                 PadAttributes, SoftmaxAttributes, ConcatenationAttributes, TransposeAttributes,
                 StridedSliceAttributes, PackAttributes, SubAttributes, MulAttributes,
                 LeakyReluAttributes, TransposeConv2dAttributes, ResizeAttributes,
                 SliceAttributes>;

} // namespace octet
