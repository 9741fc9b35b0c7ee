// Operators on constants and shapes, computed at import.
//
// Exporters write the shapes of networks with a free batch as operators (PyTorch: Shape, Gather,
// Unsqueeze, Concat, Reshape); what an operator of the Graph needs as an attribute is a constant by
// the time it is translated.
#include "compiler/import/onnx/shapes.h"

#include "compiler/graph/check_operator.h"
#include "compiler/reference/indexing.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet::onnx {

namespace {

const Tensor &constant(const Node &node, size_t i) {
    const Value &value = node.input(i);
    if (!value.is_constant())
        node.fail("it depends on values that are known at run time only; fix the network's shapes "
                  "before exporting it");
    return *value.constant;
}

/// An input whose elements are moved one by one: of real numbers, not of what stands for them.
Tensor plain(const Node &node, size_t i) {
    return real(constant(node, i));
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

Shape shape_of(const Node &node, const std::vector<int64_t> &extents) {
    Shape shape;
    for (int64_t extent : extents)
        shape.push_back(node.bounded(extent, 0, "extent"));
    if (shape.size() > 8)
        node.fail("it makes {} dimensions; at most 8 are supported", shape.size());
    return shape;
}

Tensor reshaped_constant(const Node &node) {
    Tensor result = constant(node, 0);
    const Shape shape = reshaped_shape(node, result.shape);
    if (result.quantization.per_channel())
        result = real(result);
    result.shape = shape;
    return result;
}

Tensor transposed_constant(const Node &node) {
    const Tensor &source = constant(node, 0);
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

Tensor range(const Node &node) {
    std::vector<int64_t> bounds;
    for (size_t i = 0; i < 3; i++) {
        const std::vector<int64_t> values = node.constant_integers(i, "bound");
        if (values.size() != 1 || std::abs(values[0]) > max_elements)
            node.fail("its bounds are not three numbers below 2^28; export the network again");
        bounds.push_back(values[0]);
    }
    if (bounds[2] == 0)
        node.fail("its step is 0; use another");
    std::vector<int64_t> values;
    for (int64_t x = bounds[0]; bounds[2] > 0 ? x < bounds[1] : x > bounds[1]; x += bounds[2]) {
        if (values.size() % 4096 == 0)
            node.builder().spend(4096 * sizeof(int64_t));
        values.push_back(x);
    }
    return constant_of({int(values.size())}, values);
}

Tensor cast(const Node &node) {
    const Tensor source = plain(node, 0);
    const auto to = node.integer("to", 0);
    node.builder().spend(size_t(source.elements()) * 8);
    std::vector<double> numbers;
    std::vector<int64_t> whole;
    if (source.dtype == DType::f32) {
        for (float value : source.values<float>()) {
            numbers.push_back(double(value));
            whole.push_back(std::abs(value) < 9e18f ? int64_t(value) : 0); // NaN becomes 0, too
        }
    } else {
        whole = integers(source);
        numbers.assign(whole.begin(), whole.end());
    }
    if (to == proto::TensorProto::FLOAT || to == proto::TensorProto::FLOAT16 ||
        to == proto::TensorProto::DOUBLE || to == proto::TensorProto::BFLOAT16)
        return constant_of(source.shape, std::vector<float>(numbers.begin(), numbers.end()));
    if (to == proto::TensorProto::INT64 || to == proto::TensorProto::INT32)
        return constant_of(source.shape, whole);
    if (to != proto::TensorProto::BOOL)
        node.fail("it converts a constant to {}; use float32, int32, int64 or bool",
                  type_name(int(to)));
    Bytes bytes;
    for (double number : numbers)
        bytes.push_back(number != 0.0);
    Tensor result;
    result.dtype = DType::boolean;
    result.shape = source.shape;
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

float combine(const std::string &type, float a, float b) {
    if (type == "Add")
        return a + b;
    if (type == "Sub")
        return a - b;
    if (type == "Mul")
        return a * b;
    if (type == "Div")
        return a / b;
    return type == "Min" ? std::min(a, b) : std::max(a, b);
}

int64_t combine(const std::string &type, int64_t a, int64_t b) {
    // Files may hold numbers that overflow; they wrap.
    const auto x = uint64_t(a), y = uint64_t(b);
    if (type == "Add")
        return int64_t(x + y);
    if (type == "Sub")
        return int64_t(x - y);
    if (type == "Mul")
        return int64_t(x * y);
    if (type == "Div")
        return b == 0 ? 0 : b == -1 ? int64_t(0 - x) : a / b;
    return type == "Min" ? std::min(a, b) : std::max(a, b);
}

template <typename T>
std::vector<T> combined(const std::string &type, const std::vector<T> &a, const std::vector<T> &b) {
    std::vector<T> result;
    for (size_t i = 0; i < a.size(); i++)
        result.push_back(combine(type, a[i], b[i]));
    return result;
}

std::vector<float> floats(const Tensor &tensor) {
    return {tensor.values<float>().begin(), tensor.values<float>().end()};
}

Tensor arithmetic(const Node &node) {
    Tensor result = plain(node, 0);
    for (size_t i = 1; i < node.input_count(); i++) {
        const Tensor other = plain(node, i);
        if ((other.dtype == DType::f32) != (result.dtype == DType::f32))
            node.fail("its inputs are {} and {}; they must be of one type", name_of(result.dtype),
                      name_of(other.dtype));
        const Shape shape = broadcast(node, result.shape, other.shape);
        node.builder().spend(size_t(element_count(shape)) * 8);
        const Tensor a = expanded(node, result, shape), b = expanded(node, other, shape);
        if (a.dtype == DType::f32)
            result = constant_of(shape, combined(node.type(), floats(a), floats(b)));
        else
            result = constant_of(shape, combined(node.type(), integers(a), integers(b)));
    }
    return result;
}

Tensor equal(const Node &node) {
    node.need_inputs(2, 2);
    const Tensor left = plain(node, 0), right = plain(node, 1);
    const Shape shape = broadcast(node, left.shape, right.shape);
    const Tensor a = expanded(node, left, shape), b = expanded(node, right, shape);
    if (a.dtype == DType::f32 || b.dtype == DType::f32)
        node.fail("it compares floats; only integers are supported");
    const std::vector<int64_t> x = integers(a), y = integers(b);
    Bytes bytes;
    for (size_t i = 0; i < x.size(); i++)
        bytes.push_back(x[i] == y[i]);
    Tensor result;
    result.dtype = DType::boolean;
    result.shape = shape;
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

Tensor function(const Node &node) {
    const Tensor source = plain(node, 0);
    node.builder().spend(size_t(source.elements()) * 8);
    if (source.dtype != DType::f32) {
        std::vector<int64_t> values = integers(source);
        if (node.type() == "Sqrt")
            node.fail("its input is {}; it must be float32", name_of(source.dtype));
        for (int64_t &value : values)
            value = node.type() == "Neg" ? int64_t(0 - uint64_t(value)) : value;
        return constant_of(source.shape, values);
    }
    std::vector<float> values = floats(source);
    for (float &value : values)
        value = node.type() == "Neg"     ? -value
                : node.type() == "Sqrt"  ? std::sqrt(value)
                : node.type() == "Floor" ? std::floor(value)
                                         : std::ceil(value);
    return constant_of(source.shape, values);
}

Tensor same(const Node &node) {
    return constant(node, 0);
}

/// A Constant's value, which may be a tensor or plain numbers.
Tensor constant_attribute(const Node &node) {
    if (node.has("value"))
        return node.tensor("value");
    if (node.has("value_float"))
        return constant_of({}, std::vector<float>{node.number("value_float", 0)});
    if (node.has("value_int"))
        return constant_of({}, std::vector<int64_t>{node.integer("value_int", 0)});
    if (node.has("value_floats")) {
        const std::vector<float> values = node.numbers("value_floats");
        return constant_of({int(values.size())}, values);
    }
    if (!node.has("value_ints"))
        node.fail("its value is text or sparse; dense numbers are supported");
    const std::vector<int64_t> values = node.integers("value_ints");
    return constant_of({int(values.size())}, values);
}

/// Shape asks for no values, and may take a part of the axes.
Tensor shape_of_input(const Node &node) {
    const Shape &shape = node.input(0).shape();
    const auto rank = int64_t(shape.size());
    const auto place = [&](int64_t axis) {
        return std::clamp<int64_t>(axis < 0 && axis >= -rank ? axis + rank : axis, 0, rank);
    };
    const int64_t begin = place(node.integer("start", 0)), end = place(node.integer("end", rank));
    std::vector<int64_t> extents;
    for (int64_t axis = begin; axis < end; axis++)
        extents.push_back(shape[size_t(axis)]);
    return constant_of({int(extents.size())}, extents);
}

Tensor size_of_input(const Node &node) {
    return constant_of({}, std::vector<int64_t>{element_count(node.input(0).shape())});
}

using Evaluate = Tensor (*)(const Node &);

const std::unordered_map<std::string, Evaluate> &evaluators() {
    static const std::unordered_map<std::string, Evaluate> table = {
        {"Add", arithmetic},
        {"Cast", cast},
        {"Ceil", function},
        {"Concat", concatenated},
        {"Constant", constant_attribute},
        {"ConstantOfShape", constant_of_shape},
        {"Div", arithmetic},
        {"Equal", equal},
        {"Expand", expand},
        {"Flatten", reshaped_constant},
        {"Floor", function},
        {"Gather", elements_of},
        {"Identity", same},
        {"Max", arithmetic},
        {"Min", arithmetic},
        {"Mul", arithmetic},
        {"Neg", function},
        {"Range", range},
        {"Reshape", reshaped_constant},
        {"Shape", shape_of_input},
        {"Size", size_of_input},
        {"Slice", slice_of},
        {"Sqrt", function},
        {"Squeeze", reshaped_constant},
        {"Sub", arithmetic},
        {"Transpose", transposed_constant},
        {"Unsqueeze", reshaped_constant},
        {"Where", where}};
    return table;
}

bool all_inputs_constant(const Node &node) {
    for (size_t i = 0; i < node.input_count(); i++)
        if (node.has_input(i) && !node.input(i).is_constant())
            return false;
    return node.has_input(0);
}

} // namespace

bool is_evaluated(const std::string &type) {
    return evaluators().count(type) > 0;
}

bool evaluate(Node &node) {
    const auto found = evaluators().find(node.type());
    const bool always = !translated(node.type());
    if (!always && !all_inputs_constant(node))
        return false;
    if (node.type() == "Split") {
        const Tensor source = plain(node, 0);
        const auto axis = size_t(node.axis(node.integer("axis", 0), source.shape.size()));
        std::vector<Range> ranges;
        for (int extent : source.shape)
            ranges.push_back({0, 1, extent});
        int64_t begin = 0;
        const std::vector<int> extents = split_extents(node, source.shape[axis]);
        for (size_t i = 0; i < extents.size(); i++) {
            ranges[axis] = {begin, 1, extents[i]};
            begin += extents[i];
            if (node.has_output(i))
                node.set_output(constant_value(sliced(node, source, ranges)), i);
        }
        return true;
    }
    if (found == evaluators().end())
        return false;
    Tensor result = found->second(node);
    result.name = node.builder().name();
    node.set_output(constant_value(std::move(result)));
    return true;
}

} // namespace octet::onnx
