#include "tests/support/random_graph.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet::test {

namespace {

// A uniform int8 value has this standard deviation; sums of K products of two have sqrt(K) * 74^2.
constexpr float int8_deviation = 74.0f;
// Three standard deviations of an output's steps stay inside int8.
constexpr float output_deviation = 40.0f;

bool quantized(DType dtype) {
    return dtype == DType::s8 || dtype == DType::u8;
}

int output_extent(int input, int kernel, int stride, int dilation, int before, int after) {
    return (input + before + after - ((kernel - 1) * dilation + 1)) / stride + 1;
}

std::pair<int, int> same_padding(int extent, int kernel, int stride, int dilation) {
    const int steps = (extent + stride - 1) / stride - 1;
    const int total = std::max(0, steps * stride + (kernel - 1) * dilation + 1 - extent);
    return {total / 2, total - total / 2};
}

} // namespace

Padding same_padding(int height, int width, int kernel_h, int kernel_w, int stride_h, int stride_w,
                     int dilation_h, int dilation_w) {
    const auto [top, bottom] = same_padding(height, kernel_h, stride_h, dilation_h);
    const auto [left, right] = same_padding(width, kernel_w, stride_w, dilation_w);
    return {top, bottom, left, right};
}

RandomGraph::RandomGraph(uint32_t seed, const std::string &name) : random_(seed) {
    graph_.name = name;
    graph_.source = name;
}

int RandomGraph::uniform(int low, int high) {
    // The remainder is the same on every standard library, unlike uniform_int_distribution.
    return low + int(random_() % uint32_t(high - low + 1));
}

float RandomGraph::uniform(float low, float high) {
    return low + (high - low) * float(random_() >> 8) / float(1 << 24);
}

TensorId RandomGraph::add_tensor(Tensor tensor) {
    const TensorId id = TensorId(graph_.tensors.size());
    if (tensor.name.empty())
        tensor.name = fmt::format("tensor_{}", id);
    graph_.tensors.push_back(std::move(tensor));
    return id;
}

template <typename T>
TensorId RandomGraph::add_constant(DType dtype, Shape shape, const std::vector<T> &values,
                                   Quantization quantization) {
    Bytes bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return add_tensor({"", dtype, std::move(shape), std::move(quantization),
                       std::make_shared<const Bytes>(std::move(bytes))});
}

Quantization RandomGraph::random_quantization(DType dtype, float scale) {
    if (!quantized(dtype))
        return {};
    const int middle = dtype == DType::u8 ? 128 : 0;
    return {.scales = {scale}, .zero_points = {middle + uniform(-30, 30)}};
}

TensorId RandomGraph::input(Shape shape, DType dtype) {
    const TensorId id =
        add_tensor({fmt::format("input_{}", graph_.inputs.size()), dtype, std::move(shape),
                    random_quantization(dtype, uniform(0.02f, 0.08f)), nullptr});
    graph_.inputs.push_back(id);
    return id;
}

TensorId RandomGraph::constant(Shape shape, DType dtype) {
    const size_t count = size_t(element_count(shape));
    if (dtype == DType::f32) {
        std::vector<float> values(count);
        std::generate(values.begin(), values.end(), [&] { return uniform(-1.0f, 1.0f); });
        return add_constant(dtype, std::move(shape), values, {});
    }
    std::vector<uint8_t> values(count);
    std::generate(values.begin(), values.end(), [&] { return uint8_t(random_()); });
    return add_constant(dtype, std::move(shape), values,
                        random_quantization(dtype, uniform(0.02f, 0.08f)));
}

TensorId RandomGraph::append(OpKind kind, std::vector<TensorId> inputs, DType dtype, Shape shape,
                             Quantization quantization, Attributes attributes) {
    const std::string name = fmt::format("{}_{}", name_of(kind), graph_.operators.size());
    const TensorId output =
        add_tensor({name, dtype, std::move(shape), std::move(quantization), nullptr});
    graph_.operators.push_back({.kind = kind,
                                .name = name,
                                .inputs = std::move(inputs),
                                .outputs = {output},
                                .attributes = std::move(attributes)});
    return output;
}

RandomGraph::Weights RandomGraph::make_weights(const Tensor &x, const Shape &shape, int axis,
                                               bool per_channel, int zero_point, bool bias) {
    per_channel &= x.dtype != DType::u8;
    const size_t count = size_t(element_count(shape));
    const int channels = shape[size_t(axis)];
    // Bias shifts by up to one standard deviation of the accumulator.
    const float depth = float(count) / float(channels);
    if (!quantized(x.dtype)) {
        std::vector<float> weights(count), offsets(static_cast<size_t>(channels));
        const float bound = 1.7f / std::sqrt(depth); // keeps the variance of the input
        std::generate(weights.begin(), weights.end(), [&] { return uniform(-bound, bound); });
        std::generate(offsets.begin(), offsets.end(), [&] { return uniform(-1.0f, 1.0f); });
        const TensorId id = add_constant(DType::f32, shape, weights, {});
        return {id, bias ? add_constant(DType::f32, {channels}, offsets, {}) : no_tensor, 1.0f};
    }
    std::vector<int8_t> weights(count);
    std::generate(weights.begin(), weights.end(), [&] { return int8_t(uniform(-127, 127)); });
    // Keeps the variance of the input, so that chains neither explode nor vanish.
    const float scale = uniform(0.7f, 1.0f) / (std::sqrt(depth) * int8_deviation);
    Quantization of_weights, of_bias;
    of_weights.axis = per_channel ? axis : 0;
    for (int i = 0; i < (per_channel ? channels : 1); i++) {
        of_weights.scales.push_back(per_channel ? scale * uniform(0.6f, 1.4f) : scale);
        of_weights.zero_points.push_back(per_channel ? 0 : zero_point);
        of_bias.scales.push_back(x.quantization.scale() * of_weights.scales.back());
        of_bias.zero_points.push_back(0);
    }
    const int bound = int(std::sqrt(depth) * int8_deviation * int8_deviation);
    std::vector<int32_t> offsets(static_cast<size_t>(channels));
    std::generate(offsets.begin(), offsets.end(), [&] { return uniform(-bound, bound); });
    const TensorId id = add_constant(DType::s8, shape, weights, of_weights);
    return {id, bias ? add_constant(DType::s32, {channels}, offsets, of_bias) : no_tensor, scale};
}

Quantization RandomGraph::product_quantization(const Tensor &x, float weight_scale, int64_t depth) {
    if (!quantized(x.dtype))
        return {};
    const float deviation = std::sqrt(float(depth)) * int8_deviation * int8_deviation;
    const float scale = x.quantization.scale() * weight_scale * deviation / output_deviation;
    return random_quantization(x.dtype, scale);
}

TensorId RandomGraph::conv2d(TensorId input, const ConvolutionOptions &o) {
    const Tensor x = tensor(input);
    const Shape shape{o.channels_out, o.kernel_h, o.kernel_w, x.shape.at(3) / o.groups};
    const Weights w = make_weights(x, shape, 0, o.per_channel, o.weight_zero_point, o.bias);
    const Padding p = o.same ? same_padding(x.shape[1], x.shape[2], o.kernel_h, o.kernel_w,
                                            o.stride_h, o.stride_w, o.dilation_h, o.dilation_w)
                             : o.padding;
    const Shape out{
        x.shape[0],
        output_extent(x.shape[1], o.kernel_h, o.stride_h, o.dilation_h, p.top, p.bottom),
        output_extent(x.shape[2], o.kernel_w, o.stride_w, o.dilation_w, p.left, p.right),
        o.channels_out};
    return append(OpKind::conv2d, {input, w.weights, w.bias}, x.dtype, out,
                  product_quantization(x, w.scale, element_count(shape) / o.channels_out),
                  Conv2dAttributes{o.stride_h, o.stride_w, o.dilation_h, o.dilation_w, o.groups, p,
                                   o.activation});
}

TensorId RandomGraph::depthwise_conv2d(TensorId input, const ConvolutionOptions &o) {
    const Tensor x = tensor(input);
    const int channels = x.shape.at(3) * o.multiplier;
    const Shape shape{1, o.kernel_h, o.kernel_w, channels};
    const Weights w = make_weights(x, shape, 3, o.per_channel, o.weight_zero_point, o.bias);
    const Padding p = o.same ? same_padding(x.shape[1], x.shape[2], o.kernel_h, o.kernel_w,
                                            o.stride_h, o.stride_w, o.dilation_h, o.dilation_w)
                             : o.padding;
    const Shape out{
        x.shape[0],
        output_extent(x.shape[1], o.kernel_h, o.stride_h, o.dilation_h, p.top, p.bottom),
        output_extent(x.shape[2], o.kernel_w, o.stride_w, o.dilation_w, p.left, p.right), channels};
    return append(OpKind::depthwise_conv2d, {input, w.weights, w.bias}, x.dtype, out,
                  product_quantization(x, w.scale, int64_t(o.kernel_h) * o.kernel_w),
                  DepthwiseConv2dAttributes{o.stride_h, o.stride_w, o.dilation_h, o.dilation_w,
                                            o.multiplier, p, o.activation});
}

TensorId RandomGraph::fully_connected(TensorId input, const FullyConnectedOptions &o) {
    const Tensor x = tensor(input);
    int64_t depth = x.shape.back();
    if (!o.keep_dims) // everything behind the batch is flattened
        depth = x.elements() / x.shape.front();
    const Weights w = make_weights(x, {o.channels_out, int(depth)}, 0, o.per_channel,
                                   o.weight_zero_point, o.bias);
    Shape out = o.keep_dims ? x.shape : Shape{x.shape.front(), 0};
    out.back() = o.channels_out;
    return append(OpKind::fully_connected, {input, w.weights, w.bias}, x.dtype, out,
                  product_quantization(x, w.scale, depth),
                  FullyConnectedAttributes{o.keep_dims, o.activation});
}

TensorId RandomGraph::add(TensorId a, TensorId b, Activation activation) {
    const Tensor x = tensor(a), y = tensor(b);
    Quantization quantization;
    if (quantized(x.dtype)) // the deviation of the sum, in real values, spread as in products
        quantization = random_quantization(
            x.dtype, std::hypot(x.quantization.scale(), y.quantization.scale()) * int8_deviation /
                         output_deviation);
    return append(OpKind::add, {a, b}, x.dtype, x.shape, quantization, AddAttributes{activation});
}

TensorId RandomGraph::average_pool2d(TensorId input, const Pool2dAttributes &o) {
    const Tensor x = tensor(input);
    const Padding &p = o.padding;
    const Shape out{
        x.shape.at(0), output_extent(x.shape[1], o.kernel_h, o.stride_h, 1, p.top, p.bottom),
        output_extent(x.shape[2], o.kernel_w, o.stride_w, 1, p.left, p.right), x.shape[3]};
    return append(OpKind::average_pool2d, {input}, x.dtype, out, x.quantization, o);
}

TensorId RandomGraph::max_pool2d(TensorId input, const Pool2dAttributes &attributes) {
    const TensorId output = average_pool2d(input, attributes);
    Operator &op = graph_.operators.back();
    op.kind = OpKind::max_pool2d;
    op.name = fmt::format("{}_{}", name_of(op.kind), graph_.operators.size() - 1);
    graph_.tensor(output).name = op.name;
    return output;
}

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
        quantization = {{1.0f / 256}, {x.dtype == DType::u8 ? 0 : -128}};
    return append(OpKind::softmax, {input}, x.dtype, x.shape, quantization,
                  SoftmaxAttributes{beta});
}

TensorId RandomGraph::logistic(TensorId input) {
    const Tensor x = tensor(input);
    Quantization quantization;
    if (quantized(x.dtype))
        quantization = {{1.0f / 256}, {x.dtype == DType::u8 ? 0 : -128}};
    return append(OpKind::logistic, {input}, x.dtype, x.shape, quantization);
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
    const float scale =
        quantized(x.dtype) ? x.quantization.scale() * uniform(0.8f, 1.25f) : uniform(0.008f, 0.01f);
    return append(OpKind::quantize, {input}, dtype, x.shape, random_quantization(dtype, scale));
}

TensorId RandomGraph::dequantize(TensorId input) {
    return append(OpKind::dequantize, {input}, DType::f32, tensor(input).shape, {});
}

Graph RandomGraph::finish(std::vector<TensorId> outputs) {
    graph_.outputs = std::move(outputs);
    return graph_;
}

} // namespace octet::test
