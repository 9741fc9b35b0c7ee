#include "compiler/import/onnx/values.h"

#include "compiler/reference/indexing.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace octet::onnx {

namespace {

template <typename T>
Tensor constant_from(DType dtype, Shape shape, const std::vector<T> &values) {
    Tensor result;
    result.dtype = dtype;
    result.shape = std::move(shape);
    const auto *bytes = reinterpret_cast<const uint8_t *>(values.data());
    result.data = std::make_shared<const Bytes>(bytes, bytes + values.size() * sizeof(T));
    return result;
}

/// Axes of a shape whose extent is not 1, outermost first.
Axes long_axes(const Shape &shape) {
    return sequence(shape, identity(shape.size()));
}

/// A run of old axes and the run of new ones that has as many elements: indices into the two lists
/// of axes of extents other than 1.
struct Group {
    size_t old_begin, old_end, new_begin, new_end;
};

/// The finest groups in which both shapes have the same elements.
std::vector<Group> groups_of(const Shape &from, const Axes &old_axes, const Shape &to,
                             const Axes &new_axes) {
    std::vector<Group> groups;
    size_t i = 0, j = 0;
    while (i < old_axes.size() && j < new_axes.size()) {
        Group group{i, i + 1, j, j + 1};
        int64_t old_count = from[size_t(old_axes[i++])], new_count = to[size_t(new_axes[j++])];
        while (old_count != new_count) {
            if (old_count < new_count && i < old_axes.size())
                old_count *= from[size_t(old_axes[i++])];
            else if (j < new_axes.size())
                new_count *= to[size_t(new_axes[j++])];
            else
                break;
        }
        group.old_end = i;
        group.new_end = j;
        groups.push_back(group);
    }
    return groups;
}

/// The sequence after a reshape, if each group's old axes are neighbours in memory.
std::optional<Axes> regrouped(const View &view, const Shape &shape) {
    const Axes old_axes = long_axes(view.shape), new_axes = long_axes(shape);
    const Axes memory = sequence(view.shape, view.order);
    const std::vector<Group> groups = groups_of(view.shape, old_axes, shape, new_axes);
    Axes result;
    for (size_t at = 0; at < memory.size();) {
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const Group &g) {
            return old_axes[g.old_begin] == memory[at];
        });
        if (group == groups.end())
            return std::nullopt;
        for (size_t i = group->old_begin; i < group->old_end; i++)
            if (at == memory.size() || memory[at++] != old_axes[i])
                return std::nullopt;
        for (size_t j = group->new_begin; j < group->new_end; j++)
            result.push_back(new_axes[j]);
    }
    return result;
}

} // namespace

Value constant_value(Tensor constant) {
    Value result;
    result.view = {constant.shape, identity(constant.shape.size()), nullptr};
    result.constant = std::move(constant);
    return result;
}

Axes identity(size_t rank) {
    Axes result(rank);
    std::iota(result.begin(), result.end(), 0);
    return result;
}

Axes channels_last(size_t rank) {
    if (rank == 4)
        return {0, 2, 3, 1};
    return rank == 3 ? Axes{0, 2, 1} : identity(rank);
}

Axes sequence(const Shape &shape, const Axes &order) {
    Axes result;
    for (int axis : order)
        if (axis >= 0 && shape[size_t(axis)] != 1)
            result.push_back(axis);
    return result;
}

Shape arranged(const Shape &shape, const Axes &order) {
    Shape result;
    for (int axis : order)
        result.push_back(axis < 0 ? 1 : shape[size_t(axis)]);
    return result;
}

Shape without_ones(Shape shape) {
    std::erase(shape, 1);
    return shape;
}

Axes completed(const Shape &shape, const Axes &wanted) {
    for (const Axes &order : {channels_last(shape.size()), identity(shape.size())})
        if (sequence(shape, order) == wanted)
            return order;
    Axes result;
    for (size_t axis = 0; axis < shape.size(); axis++)
        if (shape[axis] == 1)
            result.push_back(int(axis));
    result.insert(result.end(), wanted.begin(), wanted.end());
    return result;
}

View reshaped(const View &view, const Shape &shape) {
    const std::shared_ptr<const View> base =
        view.base ? view.base : std::make_shared<const View>(view);
    if (const std::optional<Axes> order = regrouped(*base, shape))
        return {shape, completed(shape, *order), nullptr};
    return {shape, identity(shape.size()), base};
}

Axes base_order(const View &view, const Axes &order) {
    const Shape &from = view.base->shape;
    const Axes old_axes = long_axes(from), new_axes = long_axes(view.shape);
    const Axes wanted = sequence(view.shape, order);
    Axes memory;
    for (size_t at = 0; at < wanted.size();) {
        const auto groups = groups_of(from, old_axes, view.shape, new_axes);
        const auto group = std::find_if(groups.begin(), groups.end(), [&](const Group &g) {
            return new_axes[g.new_begin] == wanted[at];
        });
        if (group == groups.end())
            return identity(from.size());
        for (size_t j = group->new_begin; j < group->new_end; j++)
            if (at == wanted.size() || wanted[at++] != new_axes[j])
                return identity(from.size());
        for (size_t i = group->old_begin; i < group->old_end; i++)
            memory.push_back(old_axes[i]);
    }
    return completed(from, memory);
}

View transposed(const View &view, const Axes &permutation) {
    View result{arranged(view.shape, permutation), {}, nullptr};
    for (int axis : view.order) {
        const auto found = std::find(permutation.begin(), permutation.end(), axis);
        result.order.push_back(int(found - permutation.begin()));
    }
    return result;
}

Tensor permuted(const Tensor &constant, const Axes &order) {
    Tensor result = constant;
    result.shape = arranged(constant.shape, order);
    if (constant.quantization.per_channel())
        result.quantization.axis =
            int(std::find(order.begin(), order.end(), constant.quantization.axis) - order.begin());
    if (sequence(constant.shape, order) == long_axes(constant.shape))
        return result;
    std::vector<int64_t> strides(constant.shape.size(), 1);
    for (size_t axis = constant.shape.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * constant.shape[axis];
    const size_t size = size_of(constant.dtype);
    Bytes bytes(constant.data->size());
    reference::for_each_index(result.shape, [&](auto index, int64_t position) {
        int64_t source = 0;
        for (size_t i = 0; i < order.size(); i++)
            source += order[i] < 0 ? 0 : index[i] * strides[size_t(order[i])];
        std::memcpy(&bytes[size_t(position) * size], constant.data->data() + size_t(source) * size,
                    size);
    });
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

Tensor real(const Tensor &constant) {
    const Quantization &q = constant.quantization;
    if (!q.quantized())
        return constant;
    const std::vector<int64_t> stored = integers(constant);
    int64_t inner = 1;
    for (size_t axis = size_t(q.axis) + 1; axis < constant.shape.size(); axis++)
        inner *= constant.shape[axis];
    std::vector<float> values(stored.size());
    for (size_t i = 0; i < stored.size(); i++) {
        const size_t channel = q.per_channel() ? i / size_t(inner) % q.scales.size() : 0;
        values[i] = q.scales[channel] * float(stored[i] - q.zero_points[channel]);
    }
    Tensor result = constant_of(constant.shape, values);
    result.name = constant.name;
    return result;
}

std::vector<int64_t> integers(const Tensor &constant) {
    const auto copy = [](auto values) {
        return std::vector<int64_t>(values.begin(), values.end());
    };
    switch (constant.dtype) {
    case DType::s8:
        return copy(constant.values<int8_t>());
    case DType::s16:
        return copy(constant.values<int16_t>());
    case DType::s32:
        return copy(constant.values<int32_t>());
    case DType::s64:
        return copy(constant.values<int64_t>());
    case DType::f32:
        break; // no integers
    case DType::u8:
    case DType::boolean:
        return copy(constant.values<uint8_t>());
    }
    return {};
}

Tensor constant_of(Shape shape, const std::vector<float> &values) {
    return constant_from(DType::f32, std::move(shape), values);
}

Tensor constant_of(Shape shape, const std::vector<int64_t> &values) {
    return constant_from(DType::s64, std::move(shape), values);
}

} // namespace octet::onnx
