// RandomGraph's operators of one operand and without weights.
#include "tests/support/random_graph.h"

#include <algorithm>
#include <cmath>

namespace octet::test {

TensorId RandomGraph::mean(TensorId input, std::vector<int> axes, bool keep_dims) {
    const Tensor x = tensor(input);
    Shape out;
    for (int axis = 0; axis < int(x.shape.size()); axis++) {
        if (std::find(axes.begin(), axes.end(), axis) == axes.end())
            out.push_back(x.shape[size_t(axis)]);
        else if (keep_dims)
            out.push_back(1);
    }
    Quantization quantization;
    if (quantized(x.dtype)) // a mean spreads less than its terms
        quantization = random_quantization(x.dtype, x.quantization.scale() * 0.5f);
    return append(OpKind::mean, {input}, x.dtype, out, quantization,
                  MeanAttributes{std::move(axes), keep_dims});
}

TensorId RandomGraph::softmax(TensorId input, float beta) {
    const Tensor x = tensor(input);
    Quantization quantization;
    if (quantized(x.dtype))
        quantization = probability_quantization(x.dtype);
    return append(OpKind::softmax, {input}, x.dtype, x.shape, quantization,
                  SoftmaxAttributes{beta});
}

TensorId RandomGraph::logistic(TensorId input) {
    const Tensor x = tensor(input);
    Quantization quantization;
    if (quantized(x.dtype))
        quantization = probability_quantization(x.dtype);
    return append(OpKind::logistic, {input}, x.dtype, x.shape, quantization);
}

TensorId RandomGraph::tanh(TensorId input) {
    const Tensor x = tensor(input);
    Quantization quantization;
    if (quantized(x.dtype))
        quantization = x.dtype == DType::s16
                           ? probability_quantization(x.dtype)
                           : Quantization{{1.0f / 128}, {x.dtype == DType::u8 ? 128 : 0}};
    return append(OpKind::tanh, {input}, x.dtype, x.shape, quantization);
}

TensorId RandomGraph::hard_swish(TensorId input) {
    const Tensor x = tensor(input);
    Quantization quantization;
    if (quantized(x.dtype))
        quantization = random_quantization(x.dtype, x.quantization.scale() * 0.6f);
    return append(OpKind::hard_swish, {input}, x.dtype, x.shape, quantization);
}

TensorId RandomGraph::leaky_relu(TensorId input, float alpha) {
    const Tensor x = tensor(input);
    Quantization quantization;
    if (quantized(x.dtype))
        quantization = random_quantization(x.dtype, x.quantization.scale() * 0.8f);
    return append(OpKind::leaky_relu, {input}, x.dtype, x.shape, quantization,
                  LeakyReluAttributes{alpha});
}

TensorId RandomGraph::clamp(OpKind kind, TensorId input) {
    const Tensor x = tensor(input);
    return append(kind, {input}, x.dtype, x.shape, x.quantization);
}

TensorId RandomGraph::concatenation(const std::vector<TensorId> &inputs, int axis) {
    const Tensor first = tensor(inputs.at(0));
    Shape out = first.shape;
    out.at(size_t(axis)) = 0;
    for (TensorId id : inputs)
        out[size_t(axis)] += tensor(id).shape.at(size_t(axis));
    return append(OpKind::concatenation, inputs, first.dtype, out, first.quantization,
                  ConcatenationAttributes{axis, Activation::none});
}

TensorId RandomGraph::transpose(TensorId input, std::vector<int> permutation) {
    const Tensor x = tensor(input);
    Shape out;
    for (int axis : permutation)
        out.push_back(x.shape.at(size_t(axis)));
    return append(OpKind::transpose, {input}, x.dtype, out, x.quantization,
                  TransposeAttributes{std::move(permutation)});
}

TensorId RandomGraph::pad(TensorId input, std::vector<std::pair<int, int>> pads) {
    const Tensor x = tensor(input);
    Shape out = x.shape;
    for (size_t axis = 0; axis < out.size(); axis++)
        out[axis] += pads.at(axis).first + pads[axis].second;
    return append(OpKind::pad, {input}, x.dtype, out, x.quantization,
                  PadAttributes{std::move(pads)});
}

TensorId RandomGraph::reshape(TensorId input, Shape shape) {
    const Tensor x = tensor(input);
    return append(OpKind::reshape, {input}, x.dtype, std::move(shape), x.quantization);
}

TensorId RandomGraph::slice(TensorId input, std::vector<int> begin, Shape shape,
                            std::vector<int> strides) {
    const Tensor x = tensor(input);
    strides.resize(shape.size(), 1);
    return append(OpKind::slice, {input}, x.dtype, std::move(shape), x.quantization,
                  SliceAttributes{std::move(begin), std::move(strides)});
}

TensorId RandomGraph::resize(OpKind kind, TensorId input, int height, int width,
                             const ResizeAttributes &attributes) {
    const Tensor x = tensor(input);
    return append(kind, {input}, x.dtype, {x.shape.at(0), height, width, x.shape.at(3)},
                  x.quantization, attributes);
}

TensorId RandomGraph::squeeze(TensorId input) {
    const Tensor x = tensor(input);
    Shape out{x.shape.at(0)};
    std::copy_if(x.shape.begin() + 1, x.shape.end(), std::back_inserter(out),
                 [](int extent) { return extent != 1; });
    return append(OpKind::squeeze, {input}, x.dtype, out, x.quantization);
}

TensorId RandomGraph::quantize(TensorId input, DType dtype) {
    const Tensor x = tensor(input);
    // Floats of random inputs lie in [-1, 1]; a quantized input keeps its range.
    const float scale = (quantized(x.dtype) ? x.quantization.scale() * uniform(0.8f, 1.25f)
                                            : uniform(0.008f, 0.01f)) *
                        fineness(x.dtype) / fineness(dtype);
    return append(OpKind::quantize, {input}, dtype, x.shape, random_quantization(dtype, scale));
}

TensorId RandomGraph::dequantize(TensorId input) {
    return append(OpKind::dequantize, {input}, DType::f32, tensor(input).shape, {});
}

} // namespace octet::test
