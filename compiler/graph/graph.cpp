#include "compiler/graph/graph.h"

#include "compiler/support/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet {

size_t size_of(DType dtype) {
    switch (dtype) {
    case DType::f32:
    case DType::s32:
        return 4;
    case DType::s64:
        return 8;
    case DType::s16:
        return 2;
    case DType::s8:
    case DType::u8:
    case DType::boolean:
        return 1;
    }
    return 1;
}

std::string_view name_of(DType dtype) {
    static constexpr std::string_view names[] = {"float32", "int8",  "uint8", "int16",
                                                 "int32",   "int64", "bool"};
    return names[size_t(dtype)];
}

int64_t element_count(const Shape &shape) {
    int64_t count = 1;
    for (int extent : shape)
        count *= extent;
    return count;
}

std::string to_string(const Shape &shape) {
    return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

std::string_view name_of(OpKind kind) {
    static constexpr std::string_view names[] = {
#define OCTET_OPERATOR(kind, tflite, code) #kind,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) #kind,
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    return names[size_t(kind)];
}

std::string_view tflite_name_of(OpKind kind) {
    static constexpr std::string_view names[] = {
#define OCTET_OPERATOR(kind, tflite, code) #tflite,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) #tflite,
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    return names[size_t(kind)];
}

std::string_view name_of(Rounding rounding) {
    static constexpr std::string_view names[] = {"reference", "micro", "float"};
    return names[size_t(rounding)];
}

Rounding rounding_from_name(std::string_view name) {
    for (Rounding rounding : {Rounding::reference, Rounding::micro, Rounding::float32})
        if (name_of(rounding) == name)
            return rounding;
    throw UsageError("rounding '{}' is not known; use reference, micro or float", name);
}

void Graph::set_rounding(Rounding rounding) {
    for (Operator &op : operators)
        op.rounding = rounding;
}

int64_t macs(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::conv2d: {
        const Shape &weights = graph.tensor(op.inputs[1]).shape;
        return graph.tensor(op.outputs[0]).elements() * weights[1] * weights[2] * weights[3];
    }
    case OpKind::depthwise_conv2d: {
        const Shape &weights = graph.tensor(op.inputs[1]).shape;
        return graph.tensor(op.outputs[0]).elements() * weights[1] * weights[2];
    }
    case OpKind::transpose_conv2d: {
        const Shape &weights = graph.tensor(op.inputs[1]).shape;
        return graph.tensor(op.inputs[0]).elements() * weights[0] * weights[1] * weights[2];
    }
    case OpKind::fully_connected:
        return graph.tensor(op.outputs[0]).elements() * graph.tensor(op.inputs[1]).shape[1];
    default:
        return 0;
    }
}

std::vector<float> dequantized_values(const Tensor &tensor) {
    const Quantization &q = tensor.quantization;
    int64_t inner = 1; // elements from one index of the quantization's axis to the next
    for (size_t axis = tensor.shape.size(); axis-- > size_t(q.axis) + 1;)
        inner *= tensor.shape[axis];
    std::vector<float> result;
    for (int8_t value : tensor.values<int8_t>()) {
        const size_t channel =
            q.per_channel() ? result.size() / size_t(inner) % q.scales.size() : 0;
        result.push_back(q.scales[channel] * float(value - q.zero_points[channel]));
    }
    return result;
}

DynamicInput dynamic_input(const Operator &op) {
    return std::visit(
        [](const auto &attributes) {
            if constexpr (requires { attributes.dynamic_input; })
                return attributes.dynamic_input;
            else
                return DynamicInput::none;
        },
        op.attributes);
}

bool is_hybrid(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::conv2d:
    case OpKind::depthwise_conv2d:
    case OpKind::fully_connected:
    case OpKind::transpose_conv2d:
        return graph.tensor(op.inputs[0]).dtype == DType::f32 &&
               graph.tensor(op.inputs[1]).dtype == DType::s8;
    default:
        return false;
    }
}

std::pair<int32_t, int32_t> activation_range(Activation activation, const Tensor &output) {
    const int bits = output.dtype == DType::s16 ? 16 : 8;
    const int32_t type_min = output.dtype == DType::u8 ? 0 : -(1 << (bits - 1));
    const int32_t type_max = type_min + (1 << bits) - 1;
    const auto quantized = [&](float bound) {
        // In single precision, as the engines divide: where the bound falls between two stored
        // values, the quotient's own rounding decides.
        const float steps = std::round(bound / output.quantization.scale());
        return int32_t(std::clamp(steps, -1e6f, 1e6f)) + output.quantization.zero_point();
    };
    switch (activation) {
    case Activation::none:
        return {type_min, type_max};
    case Activation::relu:
        return {std::max(type_min, quantized(0)), type_max};
    case Activation::relu6:
        return {std::max(type_min, quantized(0)), std::min(type_max, quantized(6))};
    case Activation::relu_n1_to_1:
        return {std::max(type_min, quantized(-1)), std::min(type_max, quantized(1))};
    }
    return {type_min, type_max};
}

} // namespace octet
