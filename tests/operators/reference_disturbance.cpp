#include "tests/operators/reference_disturbance.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet::test {

namespace {

Tensor &input_of(Graph &graph) {
    return graph.tensor(graph.operators.front().inputs.at(0));
}

Tensor &output_of(Graph &graph) {
    return graph.tensor(graph.operators.front().outputs.at(0));
}

/// The lowest, the middle or the highest stored value.
void move_zero_point(Tensor &tensor, RandomGraph &g) {
    if (tensor.quantization.quantized() && tensor.dtype != DType::s16)
        tensor.quantization.zero_points[0] =
            (tensor.dtype == DType::u8 ? 128 : 0) + std::min(127, 128 * g.uniform(-1, 1));
}

void move_zero_points(Graph &graph, RandomGraph &g, bool far_scale) {
    const OpKind kind = graph.operators.front().kind;
    Tensor &in = input_of(graph), &out = output_of(graph);
    const bool same = out.quantization == in.quantization;
    move_zero_point(in, g);
    if (same) {
        out.quantization = in.quantization;
    } else if (kind != OpKind::softmax && kind != OpKind::logistic) {
        move_zero_point(out, g);
        if (far_scale && out.quantization.quantized())
            out.quantization.scales[0] *= std::exp2(float(g.uniform(-4, 8)));
    }
}

} // namespace

void disturb(Graph &graph, RandomGraph &g) {
    const int way = g.uniform(0, 3);
    if (way == 1)
        use_powers_of_two(graph);
    else if (way >= 2 && graph.operators.front().kind != OpKind::concatenation)
        move_zero_points(graph, g, way == 3);
}

void use_powers_of_two(Graph &graph) {
    for (Tensor &tensor : graph.tensors)
        for (float &scale : tensor.quantization.scales)
            scale = std::exp2(std::round(std::log2(scale)));
    const Operator &op = graph.operators.front();
    if (op.input(2) == no_tensor || graph.tensor(op.inputs[2]).dtype == DType::f32 ||
        op.kind == OpKind::concatenation)
        return;
    // A bias keeps the product of its operands' scales.
    const float input_scale = input_of(graph).quantization.scale();
    const std::vector<float> weights = graph.tensor(op.inputs[1]).quantization.scales;
    for (size_t i = 0; i < weights.size(); ++i)
        graph.tensor(op.inputs[2]).quantization.scales[i] = input_scale * weights[i];
}

void put_six_between_values(Graph &graph, RandomGraph &g) {
    const int steps = graph.tensors.front().dtype == DType::s16 ? 128 : 1;
    const float scale = 6.0f / (float(g.uniform(20, 250) * steps) + 0.5f);
    for (Tensor &tensor : graph.tensors)
        tensor.quantization.scales = {scale};
}

void spread_input_scale(Graph &graph, RandomGraph &g) {
    // Of 16 bits as well the scales that engines give an arithmetic of their own.
    const bool is_int16 = input_of(graph).dtype == DType::s16;
    const float exponent = is_int16 ? g.uniform(-20.0f, 1.9f) : g.uniform(-12.0f, 1.0f);
    const bool power = is_int16 && g.uniform(0, 2) == 0;
    input_of(graph).quantization.scales = {
        std::exp2(power ? float(g.uniform(-13, -10)) : exponent)};
    move_zero_point(input_of(graph), g);
}

void spread_hard_swish_scales(Graph &graph, RandomGraph &g) {
    spread_input_scale(graph, g);
    Tensor &out = output_of(graph);
    out.quantization.scales = {input_of(graph).quantization.scale() *
                               std::exp2(g.uniform(-6.5f, 7.5f))};
    move_zero_point(out, g);
}

void put_logistic_between_values(Graph &graph, RandomGraph &g) {
    // Found by comparing both formulas over random scales and all inputs.
    static constexpr std::pair<float, int> found[] = {
        {0.00325561618f, 50}, {0.0121330619f, -118}, {0.0064618797f, -7}, {0.000520837726f, -77}};
    const auto [scale, zero_point] = found[g.uniform(0, int(std::size(found)) - 1)];
    Tensor &in = input_of(graph);
    in.quantization = {{scale}, {zero_point + (in.dtype == DType::u8 ? 128 : 0)}};
}

void rescale_output(Graph &graph, RandomGraph &g) {
    Quantization &in = input_of(graph).quantization, &out = output_of(graph).quantization;
    out.scales[0] *= std::exp2(g.uniform(-2.0f, 3.0f));
    if (output_of(graph).dtype != DType::s16)
        out.zero_points[0] += g.uniform(-20, 20);
    // The rounding of this product is lost when it is divided in single precision.
    if (g.uniform(0, 1) == 0)
        in.scales[0] = out.scales[0] * (float(g.uniform(0, 4)) + 0.5f);
}

void put_products_between_values(Graph &graph, RandomGraph &g) {
    graph.tensor(graph.operators.front().inputs.at(1)).quantization.scales = {0x1p-6f};
    // The rounding of this product is lost when it is divided in single precision.
    input_of(graph).quantization.scales = {output_of(graph).quantization.scale() *
                                           (float(g.uniform(0, 4)) + 0.5f)};
}

void spread_operand_scales(Graph &graph, RandomGraph &g) {
    // Sums of 16-bit values leave less room.
    const bool is_int16 = input_of(graph).dtype == DType::s16;
    const float ratio = std::exp2(g.uniform(is_int16 ? -10.0f : -16.0f, 0.0f));
    Tensor &other = graph.tensor(graph.operators.front().inputs.at(1));
    input_of(graph).quantization.scales[0] *= ratio;
    // The larger operand would saturate the output everywhere but near its zero.
    output_of(graph).quantization.scales = {input_of(graph).quantization.scale() *
                                            g.uniform(0.5f, 2.0f)};
    if (other.constant()) {
        Bytes zeros(other.bytes(), uint8_t(other.quantization.zero_point()));
        other.data = std::make_shared<const Bytes>(std::move(zeros));
    }
}

void snap_to_half_steps(const Graph &graph, Bytes &input) {
    const float half = graph.tensor(graph.outputs.front()).quantization.scale() / 2;
    for (size_t at = 0; at < input.size(); at += sizeof(float)) {
        float value = 0;
        std::memcpy(&value, &input[at], sizeof(float));
        value = std::round(value / half) * half;
        std::memcpy(&input[at], &value, sizeof(float));
    }
}

} // namespace octet::test
