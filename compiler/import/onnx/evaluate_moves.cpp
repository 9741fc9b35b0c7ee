// Constants whose elements are moved: Reshape and its kin, Transpose, Concat, Slice, Gather,
// Expand, Where, ConstantOfShape.
#include "compiler/import/onnx/evaluate.h"

#include "compiler/graph/check_operator.h"

#include <algorithm>

namespace octet::onnx {

namespace {

Shape shape_of(const Node &node, const std::vector<int64_t> &extents) {
    Shape shape;
    for (int64_t extent : extents)
        shape.push_back(node.bounded(extent, 0, "extent"));
    if (shape.size() > 8)
        node.fail("it makes {} dimensions; at most 8 are supported", shape.size());
    return shape;
}

} // namespace

const Tensor &constant_input(const Node &node, size_t i) {
    const Value &value = node.input(i);
    if (!value.is_constant())
        node.fail("it depends on values that are known at run time only; fix the network's shapes "
                  "before exporting it");
    return *value.constant;
}

Tensor plain(const Node &node, size_t i) {
    return real(constant_input(node, i));
}

void check_size(const Node &node, const Shape &shape, size_t element_size) {
    int64_t elements = 1;
    for (int extent : shape) {
        elements *= extent;
        if (elements > max_elements)
            node.fail("it makes more than 2^28 elements; simplify the network before exporting it");
    }
    node.builder().spend(size_t(elements) * element_size);
}

Shape broadcast(const Node &node, const Shape &a, const Shape &b) {
    Shape result(std::max(a.size(), b.size()), 1);
    for (const Shape *shape : {&a, &b})
        for (size_t i = 0; i < shape->size(); i++) {
            int &extent = result[result.size() - 1 - i];
            const int own = (*shape)[shape->size() - 1 - i];
            if (own != 1 && extent != 1 && own != extent)
                node.fail("its inputs are {} and {}; extents that differ must be 1", to_string(a),
                          to_string(b));
            extent = own != 1 ? own : extent;
        }
    return result;
}

Tensor expanded(const Node &node, const Tensor &source, const Shape &shape) {
    return gathered(node, source, shape,
                    [&](auto index) { return reference::broadcast_position(index, source.shape); });
}

Tensor reshaped_constant(const Node &node) {
    Tensor result = constant_input(node, 0);
    const Shape shape = reshaped_shape(node, result.shape);
    if (result.quantization.per_channel())
        result = real(result);
    result.shape = shape;
    return result;
}

Tensor transposed_constant(const Node &node) {
    const Tensor &source = constant_input(node, 0);
    node.builder().spend(source.bytes());
    return permuted(source, permutation_of(node, source.shape.size()));
}

Tensor concatenated(const Node &node) {
    std::vector<Tensor> parts;
    for (size_t i = 0; i < node.input_count(); i++)
        parts.push_back(plain(node, i));
    Tensor result = parts.at(0);
    const auto axis = size_t(node.axis(node.integer("axis", 0), result.shape.size()));
    int64_t joined = 0;
    for (const Tensor &part : parts) {
        Shape others = part.shape;
        if (others.size() == result.shape.size()) {
            joined += others[axis];
            others[axis] = result.shape[axis];
        }
        if (others != result.shape || part.dtype != result.dtype)
            node.fail("one input is {} {} beside {} {}; types and all extents but that of axis {} "
                      "must be equal",
                      name_of(part.dtype), to_string(part.shape), name_of(result.dtype),
                      to_string(result.shape), axis);
    }
    result.shape[axis] = node.bounded(joined, 0, "joined axis");
    check_size(node, result.shape, size_of(result.dtype));
    Bytes bytes;
    const auto rows =
        element_count({result.shape.begin(), result.shape.begin() + std::ptrdiff_t(axis)});
    for (int64_t row = 0; row < rows; row++)
        for (const Tensor &part : parts) {
            const size_t length = part.data->size() / size_t(rows);
            const auto begin = part.data->begin() + std::ptrdiff_t(size_t(row) * length);
            bytes.insert(bytes.end(), begin, begin + std::ptrdiff_t(length));
        }
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

Tensor sliced(const Node &node, const Tensor &source, const std::vector<Range> &ranges) {
    Shape shape;
    for (const Range &range : ranges)
        shape.push_back(int(range.count));
    return gathered(node, source, shape, [&](auto index) {
        int64_t position = 0;
        for (size_t axis = 0; axis < ranges.size(); axis++)
            position = position * source.shape[axis] + ranges[axis].begin +
                       index[axis] * ranges[axis].step;
        return position;
    });
}

Tensor slice_of(const Node &node) {
    const Tensor source = plain(node, 0);
    return sliced(node, source, slice_ranges(node, source.shape));
}

Tensor elements_of(const Node &node) {
    const Tensor source = plain(node, 0);
    std::vector<int64_t> indices = node.constant_integers(1, "indices");
    const auto axis = size_t(node.axis(node.integer("axis", 0), source.shape.size()));
    const int64_t extent = source.shape[axis];
    for (int64_t &index : indices) {
        if (index < -extent || index >= extent)
            node.fail("it takes element {} of axis {}; the input is {}", index, axis,
                      to_string(source.shape));
        index = index < 0 ? index + extent : index;
    }
    // In memory the result is (axes before, indices, axes behind).
    const auto split = source.shape.begin() + std::ptrdiff_t(axis);
    const int64_t before = element_count({source.shape.begin(), split});
    const int64_t behind = element_count({split + 1, source.shape.end()});
    Shape shape(source.shape.begin(), split);
    const Shape &list = node.input(1).shape();
    shape.insert(shape.end(), list.begin(), list.end());
    shape.insert(shape.end(), split + 1, source.shape.end());
    if (shape.size() > 8)
        node.fail("it makes {} dimensions; at most 8 are supported", shape.size());
    check_size(node, shape, 0);
    Tensor result =
        gathered(node, source, {int(before), int(indices.size()), int(behind)}, [&](auto index) {
            return (index[0] * extent + indices[size_t(index[1])]) * behind + index[2];
        });
    result.shape = std::move(shape);
    return result;
}

Tensor expand(const Node &node) {
    const Tensor source = plain(node, 0);
    const Shape wanted = shape_of(node, node.constant_integers(1, "shape"));
    return expanded(node, source, broadcast(node, source.shape, wanted));
}

Tensor where(const Node &node) {
    const Tensor condition = plain(node, 0), a = plain(node, 1), b = plain(node, 2);
    if (condition.dtype != DType::boolean || a.dtype != b.dtype)
        node.fail("its inputs are {}, {} and {}; it needs bool and twice the same type",
                  name_of(condition.dtype), name_of(a.dtype), name_of(b.dtype));
    const Shape shape = broadcast(node, broadcast(node, condition.shape, a.shape), b.shape);
    const Tensor choice = expanded(node, condition, shape), first = expanded(node, a, shape),
                 second = expanded(node, b, shape);
    const size_t size = size_of(a.dtype);
    Bytes bytes = *second.data;
    for (size_t i = 0; i < choice.data->size(); i++)
        if ((*choice.data)[i])
            std::memcpy(&bytes[i * size], first.data->data() + i * size, size);
    Tensor result = second;
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

Tensor constant_of_shape(const Node &node) {
    const Shape shape = shape_of(node, node.constant_integers(0, "shape"));
    const Tensor value =
        node.has("value") ? node.tensor("value") : constant_of({1}, std::vector<float>{0.0f});
    if (value.elements() != 1)
        node.fail("its value is {}; it must be one number", to_string(value.shape));
    return gathered(node, value, shape, [](auto) { return 0; });
}

} // namespace octet::onnx
