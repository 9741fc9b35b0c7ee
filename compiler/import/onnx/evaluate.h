// Operators on constants, for evaluate(): what they share, and one function for each.
#pragma once

#include "compiler/import/onnx/shapes.h"

#include "compiler/reference/indexing.h"

#include <cstring>

namespace octet::onnx {

/// Input `i`, which must be a constant.
const Tensor &constant_input(const Node &node, size_t i);
/// An input whose elements are moved one by one: of real numbers, not of what stands for them.
Tensor plain(const Node &node, size_t i);
/// Fails when a constant of `shape` is larger than supported or than the file justifies.
void check_size(const Node &node, const Shape &shape, size_t element_size);
/// The shape of two operands together.
Shape broadcast(const Node &node, const Shape &a, const Shape &b);
Tensor expanded(const Node &node, const Tensor &source, const Shape &shape);
Tensor sliced(const Node &node, const Tensor &source, const std::vector<Range> &ranges);

/// A constant of `shape` whose element at each index is `source`'s at position_of(index).
template <typename Position>
Tensor gathered(const Node &node, const Tensor &source, Shape shape, Position &&position_of) {
    const size_t size = size_of(source.dtype);
    check_size(node, shape, size);
    Bytes bytes(size_t(element_count(shape)) * size);
    if (!bytes.empty())
        reference::for_each_index(shape, [&](auto index, int64_t position) {
            std::memcpy(&bytes[size_t(position) * size],
                        source.data->data() + size_t(position_of(index)) * size, size);
        });
    Tensor result = source;
    result.shape = std::move(shape);
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

// Operators that move elements, evaluate_moves.cpp.
Tensor reshaped_constant(const Node &node);
Tensor transposed_constant(const Node &node);
Tensor concatenated(const Node &node);
Tensor slice_of(const Node &node);
Tensor elements_of(const Node &node);
Tensor expand(const Node &node);
Tensor where(const Node &node);
Tensor constant_of_shape(const Node &node);

// Operators that compute, evaluate_arithmetic.cpp.
Tensor range(const Node &node);
Tensor cast(const Node &node);
Tensor arithmetic(const Node &node);
Tensor equal(const Node &node);
Tensor function(const Node &node);

} // namespace octet::onnx
