// Constants that are computed from constants: arithmetic, comparison, conversion.
#include "compiler/import/onnx/evaluate.h"

#include "compiler/graph/check_operator.h"

#include <algorithm>
#include <cmath>

namespace octet::onnx {

namespace {

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

} // namespace

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

} // namespace octet::onnx
