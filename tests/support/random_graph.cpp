#include "tests/support/random_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet::test {

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
    if (dtype == DType::s16)
        return {.scales = {scale}, .zero_points = {0}};
    return {.scales = {scale}, .zero_points = {middle + uniform(-30, 30)}};
}

TensorId RandomGraph::input(Shape shape, DType dtype) {
    const TensorId id =
        add_tensor({fmt::format("input_{}", graph_.inputs.size()), dtype, std::move(shape),
                    random_quantization(dtype, uniform(0.02f, 0.08f) / fineness(dtype)), nullptr});
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
    std::vector<uint8_t> values(count * size_of(dtype));
    std::generate(values.begin(), values.end(), [&] { return uint8_t(random_()); });
    const float scale = uniform(0.02f, 0.08f) / fineness(dtype);
    return add_constant(dtype, std::move(shape), values, random_quantization(dtype, scale));
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
                                               bool per_channel, int zero_point, bool bias,
                                               bool int32_bias) {
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
    const int bound = int(std::sqrt(depth) * int8_deviation * int8_deviation * fineness(x.dtype));
    std::vector<int32_t> offsets(static_cast<size_t>(channels));
    std::generate(offsets.begin(), offsets.end(), [&] { return uniform(-bound, bound); });
    const TensorId id = add_constant(DType::s8, shape, weights, of_weights);
    if (!bias)
        return {id, no_tensor, scale};
    if (x.dtype != DType::s16 || int32_bias)
        return {id, add_constant(DType::s32, {channels}, offsets, of_bias), scale};
    const std::vector<int64_t> wide(offsets.begin(), offsets.end());
    return {id, add_constant(DType::s64, {channels}, wide, of_bias), scale};
}

Quantization RandomGraph::product_quantization(const Tensor &x, float weight_scale, int64_t depth) {
    if (!quantized(x.dtype))
        return {};
    const float deviation = std::sqrt(float(depth)) * int8_deviation * int8_deviation;
    const float scale = x.quantization.scale() * weight_scale * deviation / output_deviation;
    return random_quantization(x.dtype, scale);
}

Quantization RandomGraph::probability_quantization(DType dtype) {
    if (dtype == DType::s16)
        return {{1.0f / 32768}, {0}};
    return {{1.0f / 256}, {dtype == DType::u8 ? 0 : -128}};
}

Graph RandomGraph::finish(std::vector<TensorId> outputs) {
    graph_.outputs = std::move(outputs);
    return graph_;
}

} // namespace octet::test
