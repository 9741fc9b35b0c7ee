// RandomGraph's operators of two operands.
#include "tests/support/random_graph.h"

#include <cmath>

namespace octet::test {

TensorId RandomGraph::append_sum(OpKind kind, TensorId a, TensorId b, Attributes attributes) {
    const Tensor x = tensor(a), y = tensor(b);
    Quantization quantization;
    if (quantized(x.dtype)) // the deviation of the sum, in real values, spread as in products
        quantization = random_quantization(
            x.dtype, std::hypot(x.quantization.scale(), y.quantization.scale()) * int8_deviation /
                         output_deviation);
    return append(kind, {a, b}, x.dtype, x.shape, quantization, attributes);
}

TensorId RandomGraph::add(TensorId a, TensorId b, Activation activation) {
    return append_sum(OpKind::add, a, b, AddAttributes{activation});
}

TensorId RandomGraph::sub(TensorId a, TensorId b, Activation activation) {
    return append_sum(OpKind::sub, a, b, SubAttributes{activation});
}

TensorId RandomGraph::mul(TensorId a, TensorId b, Activation activation) {
    const Tensor x = tensor(a), y = tensor(b);
    Quantization quantization;
    if (quantized(x.dtype))
        quantization = random_quantization(
            x.dtype, x.quantization.scale() * y.quantization.scale() * int8_deviation *
                         int8_deviation * fineness(x.dtype) / output_deviation);
    return append(OpKind::mul, {a, b}, x.dtype, x.shape, quantization, MulAttributes{activation});
}

TensorId RandomGraph::compare(OpKind kind, TensorId input, bool per_channel) {
    const Tensor x = tensor(input);
    const TensorId other = constant({per_channel ? x.shape.back() : 1}, x.dtype);
    graph_.tensor(other).quantization = x.quantization;
    return append(kind, {input, other}, x.dtype, x.shape, x.quantization);
}

TensorId RandomGraph::prelu(TensorId input) {
    const Tensor x = tensor(input);
    const TensorId slopes = constant({x.shape.back()}, x.dtype);
    Quantization quantization;
    if (quantized(x.dtype)) {
        graph_.tensor(slopes).quantization.scales = {uniform(0.002f, 0.01f)};
        quantization = random_quantization(x.dtype, x.quantization.scale());
    }
    return append(OpKind::prelu, {input, slopes}, x.dtype, x.shape, quantization);
}

} // namespace octet::test
