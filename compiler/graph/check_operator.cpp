#include "compiler/graph/check_operator.h"

#include <algorithm>
#include <cmath>

namespace octet {

std::string where(const Graph &graph) {
    return !graph.source.empty() ? graph.source : !graph.name.empty() ? graph.name : "graph";
}

void check_operator(const Graph &graph, const Operator &op) {
    static constexpr void (*checks[])(const OperatorCheck &) = {
#define OCTET_OPERATOR(kind, tflite, code) check_##kind,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) check_##kind,
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    checks[size_t(op.kind)](OperatorCheck(graph, op));
}

void OperatorCheck::fail_with(const std::string &reason) const {
    throw Error("{}: {} ({}): {}", where(graph_), op_.name, tflite_name_of(op_.kind), reason);
}

void OperatorCheck::operands(size_t least, size_t most) const {
    if (op_.inputs.size() < least || op_.inputs.size() > most)
        fail("it has {} inputs; it needs {}", op_.inputs.size(),
             least == most ? std::to_string(least) : fmt::format("{} to {}", least, most));
    if (op_.outputs.size() != 1)
        fail("it has {} outputs; it needs 1", op_.outputs.size());
    for (size_t i = 0; i < op_.inputs.size(); i++) {
        const bool absent = op_.inputs[i] == no_tensor && i >= least;
        if (!absent && (op_.inputs[i] < 0 || size_t(op_.inputs[i]) >= graph_.tensors.size()))
            fail("input {} is tensor {}; there are {} tensors", i, op_.inputs[i],
                 graph_.tensors.size());
    }
    if (op_.outputs[0] < 0 || size_t(op_.outputs[0]) >= graph_.tensors.size())
        fail("its output is tensor {}; there are {} tensors", op_.outputs[0],
             graph_.tensors.size());
}

void OperatorCheck::variadic() const {
    const size_t count = std::max<size_t>(1, op_.inputs.size());
    operands(count, count);
}

void OperatorCheck::rank(const Tensor &tensor, size_t rank) const {
    if (tensor.shape.size() != rank)
        fail("'{}' is {}; it must have {} dimensions", tensor.name, to_string(tensor.shape), rank);
}

void OperatorCheck::output_shape(const Shape &expected) const {
    if (output().shape != expected)
        fail("its output is {}; its inputs and attributes make it {}", to_string(output().shape),
             to_string(expected));
}

void OperatorCheck::same_type() const {
    for (size_t i = 0; i < op_.inputs.size(); i++)
        if (input(i).dtype != output().dtype)
            fail("input {} is {} and the output {}; they must be of one type", i,
                 name_of(input(i).dtype), name_of(output().dtype));
}

void OperatorCheck::activation(const Tensor &tensor) const {
    if (tensor.dtype == DType::f32)
        return;
    if (!quantized(tensor.dtype))
        fail("'{}' is {}; activations may be float32, int8, uint8 or int16", tensor.name,
             name_of(tensor.dtype));
    if (!tensor.quantization.quantized())
        fail("'{}' is {} without a scale; quantize the network again", tensor.name,
             name_of(tensor.dtype));
    if (tensor.quantization.per_channel())
        fail("'{}' has {} scales; activations are quantized per tensor", tensor.name,
             tensor.quantization.scales.size());
}

void OperatorCheck::same_quantization(const Tensor &a, const Tensor &b) const {
    if (!quantized(a.dtype))
        return;
    const float x = a.quantization.scale(), y = b.quantization.scale();
    // Converters that pass a scale through double may change its last bits.
    if (std::abs(x - y) > 1e-6f * x || a.quantization.zero_point() != b.quantization.zero_point())
        fail("'{}' has scale {} and zero point {}, '{}' {} and {}; they must be equal, insert a "
             "QUANTIZE",
             a.name, x, a.quantization.zero_point(), b.name, y, b.quantization.zero_point());
}

void OperatorCheck::probability_quantization() const {
    if (output().dtype == DType::s16)
        fixed_quantization(1.0f / 32768, 0);
    else
        fixed_quantization(1.0f / 256, output().dtype == DType::s8 ? -128 : 0);
}

void OperatorCheck::fixed_quantization(float scale, int32_t zero_point) const {
    // The rounding `float` is ONNX's, where a QuantizeLinear behind the operator may say anything.
    if (!quantized(output().dtype) || op_.rounding == Rounding::float32)
        return;
    const Quantization &q = output().quantization;
    // TFLite's own tolerance.
    if (std::abs(q.scale() - scale) > 0.001f * scale || q.zero_point() != zero_point)
        fail("its output has scale {} and zero point {}; TFLite fixes them to 1/{} and {}",
             q.scale(), q.zero_point(), std::round(1 / scale), zero_point);
}

void OperatorCheck::not_int16() const {
    if (output().dtype == DType::s16 && op_.rounding != Rounding::float32)
        fail(
            "its activations are int16, for which TFLite has no kernel; keep this operator at int8 "
            "or float32");
}

void OperatorCheck::multiplier(double real) const {
    if (!(real < max_multiplier)) // also when not a number
        fail("its scales differ by a factor of {:g}; it must be below 2^30, quantize the network "
             "again",
             real);
}

void OperatorCheck::constant(const Tensor &tensor, const char *role) const {
    if (!tensor.constant())
        fail("its {} '{}' is computed at run time; only constants are supported", role,
             tensor.name);
}

void OperatorCheck::extent(int value, const char *what) const {
    if (value < 1 || value > 65536)
        fail("its {} is {}; it must be from 1 to 65536", what, value);
}

int OperatorCheck::window_extent(int input, int kernel, int stride, int dilation, int before,
                                 int after) const {
    extent(kernel, "kernel");
    extent(stride, "stride");
    extent(dilation, "dilation");
    const int64_t covered = int64_t(kernel - 1) * dilation + 1;
    // A window that lies in the padding alone would have nothing to compute from.
    if (before < 0 || after < 0 || before >= covered || after >= covered)
        fail("its padding is {} and {}; each must be from 0 to below the kernel's extent {}",
             before, after, covered);
    const int64_t padded = int64_t(input) + before + after;
    if (padded < covered)
        fail("its kernel covers {} elements; the padded input has only {}", covered, padded);
    return int((padded - covered) / stride + 1);
}

} // namespace octet
