#include "compiler/reference/mean.h"

#include "compiler/reference/accumulate.h"
#include "compiler/reference/indexing.h"
#include "compiler/reference/pool2d.h"

#include <bit>

namespace octet::reference {

namespace {

/// The input's shape with the reduced axes shrunk to 1: where sums are collected.
Shape reduced_shape(const Shape &shape, const std::vector<int> &axes) {
    Shape result = shape;
    for (int axis : axes)
        result[size_t(axis)] = 1;
    return result;
}

} // namespace

int64_t mean_count(const Graph &graph, const Operator &op) {
    int64_t count = 1;
    for (int axis : op.as<MeanAttributes>().axes)
        count *= graph.tensor(op.inputs.at(0)).shape[size_t(axis)];
    return count;
}

Requantizer mean_requantizer(const Graph &graph, const Operator &op) {
    const int64_t count = mean_count(graph, op);
    if (op.rounding == Rounding::float32)
        return average_requantizer(graph, op, count);
    const double input_scale = graph.tensor(op.inputs.at(0)).quantization.scale();
    const double output_scale = graph.tensor(op.outputs.at(0)).quantization.scale();
    Multiplier multiplier = quantize_multiplier(input_scale / output_scale);
    // Keeps the quotient's 31 bits; a multiplier may not shift right by more than 31.
    const int log2 = int(std::bit_width(uint64_t(count))) - 1;
    const int shift = std::min({log2, 32, 31 + multiplier.shift});
    multiplier.m = int32_t((int64_t(multiplier.m) << shift) / count);
    multiplier.shift -= shift;
    return Requantizer(multiplier);
}

void mean(const Operands &operands) {
    const Shape &in = operands.input_tensor(0).shape;
    const Shape collected = reduced_shape(in, operands.op().as<MeanAttributes>().axes);
    if (operands.is_float()) {
        const auto values = operands.input<float>(0);
        const float count = float(mean_count(operands.graph(), operands.op()));
        const auto output = operands.output<float>();
        std::fill(output.begin(), output.end(), 0.0f);
        for_each_index(in, [&](auto index, int64_t position) {
            output[size_t(broadcast_position(index, collected))] += values[size_t(position)];
        });
        for (float &value : output)
            value /= count;
        return;
    }
    const std::vector<int32_t> values = operands.centered_input(0);
    std::vector<int32_t> sums(size_t(element_count(collected)), 0);
    for_each_index(in, [&](auto index, int64_t position) {
        sums[size_t(broadcast_position(index, collected))] += values[size_t(position)];
    });
    const Requantizer requantize = mean_requantizer(operands.graph(), operands.op());
    const auto [lowest, highest] = activation_range(Activation::none, operands.output_tensor());
    const int32_t zero_point = operands.output_tensor().quantization.zero_point();
    for (size_t i = 0; i < sums.size(); ++i) {
        const int64_t value = int64_t(requantize(sums[i])) + zero_point;
        operands.store_quantized(int64_t(i), int32_t(std::clamp<int64_t>(value, lowest, highest)));
    }
}

} // namespace octet::reference
