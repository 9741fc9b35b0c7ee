// Values of an ONNX network while it is translated, and how they lie in memory.
//
// ONNX images are NCHW, Octet's are NHWC. No operator is moved for that; instead each value knows
// its shape as ONNX means it and in which order the tensor of the Graph holds these axes. A
// Transpose then only renames axes, a Reshape that splits or merges neighbouring axes only renames
// them too, and an operator that needs a certain order asks Builder::stored for it, which emits a
// TRANSPOSE only where the order in memory is another one. Axes of extent 1 have no place in
// memory, so they never decide about an order.
#pragma once

#include "compiler/graph/graph.h"

#include <optional>

namespace octet::onnx {

using Axes = std::vector<int>;

struct View {
    Shape shape; ///< as ONNX means it
    Axes order;  ///< axis i of memory is axis order[i] of `shape`; all axes, each once
    /// Set for a value that a Reshape made where elements would have to move: the view of the same
    /// tensor before the Reshape. `shape` is then the row-major reshape of base->shape. A Gemm
    /// reads such a value by permuting its weights, everything else pays a TRANSPOSE.
    std::shared_ptr<const View> base;
};

/// An activation (a tensor of the Graph and its view) or a constant, whose axes lie as in `shape`.
/// A constant with a quantization stands for the real numbers that its integers mean.
struct Value {
    View view;
    TensorId tensor = no_tensor;
    std::optional<Tensor> constant;

    const Shape &shape() const { return view.shape; }
    size_t rank() const { return view.shape.size(); }
    bool is_constant() const { return constant.has_value(); }
};

Value constant_value(Tensor constant);

/// 0, 1, ..., rank - 1.
Axes identity(size_t rank);
/// The order of images and of sequences of channels: NHWC, NLC; `identity` for other ranks.
Axes channels_last(size_t rank);
/// The axes of `order` whose extent is not 1: what decides about an order in memory. Entries of -1
/// stand for axes of extent 1 that `shape` does not have.
Axes sequence(const Shape &shape, const Axes &order);
/// The extents of `shape` in `order`, 1 where the order has -1.
Shape arranged(const Shape &shape, const Axes &order);
/// The extents of `shape` that are not 1.
Shape without_ones(Shape shape);
/// All axes of `shape` in an order with the given sequence.
Axes completed(const Shape &shape, const Axes &sequence);

/// The view after a Reshape to `shape`, which has as many elements; a view with a base where
/// elements would have to move.
View reshaped(const View &view, const Shape &shape);
/// The order of the base's axes in memory with which `view` itself lies there in `order`; identity,
/// if only the base's own order of rows does it.
Axes base_order(const View &view, const Axes &order);
/// The view after a Transpose; `view` must not have a base.
View transposed(const View &view, const Axes &permutation);

/// A constant with its axes in `order` (-1: a new axis of extent 1).
Tensor permuted(const Tensor &constant, const Axes &order);
/// A constant of real numbers: integers with a quantization become what they mean.
Tensor real(const Tensor &constant);
/// Elements of an integer or boolean constant.
std::vector<int64_t> integers(const Tensor &constant);

Tensor constant_of(Shape shape, const std::vector<float> &values);
Tensor constant_of(Shape shape, const std::vector<int64_t> &values);

} // namespace octet::onnx
