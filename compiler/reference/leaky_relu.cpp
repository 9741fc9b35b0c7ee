#include "compiler/reference/leaky_relu.h"

#include "compiler/reference/broadcast.h"
#include "compiler/reference/lookup_table.h"

namespace octet::reference {

namespace {

/// `a` times `b` over `c` as the engine computes it, as a multiplier.
Multiplier product_over(float a, float b, float c, Rounding rounding) {
    return quantize_multiplier(rounding == Rounding::reference ? double(a * b / c)
                                                               : double(a) * double(b) / double(c));
}

int32_t rescaled(const LeakyReluParameters &parameters, int32_t x, Multiplier multiplier) {
    const StoredRange &output = parameters.output;
    const int64_t value = int64_t(multiply_double_rounding(x, multiplier)) + output.zero_point;
    return int32_t(std::clamp<int64_t>(value, output.lowest, output.highest));
}

/// `float` mode's output for a real input and the slope of its negative side.
int32_t of_reals(const LeakyReluParameters &parameters, float x, float slope) {
    return quantize_value(parameters.output, parameters.rounding, x < 0 ? x * slope : x);
}

} // namespace

LeakyReluParameters leaky_relu_parameters(const Graph &graph, const Operator &op) {
    LeakyReluParameters result;
    result.input = stored_range(graph.tensor(op.inputs.at(0)));
    result.output = stored_range(graph.tensor(op.outputs.at(0)));
    result.rounding = op.rounding;
    if (op.kind == OpKind::prelu)
        result.slopes = stored_range(graph.tensor(op.inputs.at(1)));
    else
        result.alpha = op.as<LeakyReluAttributes>().alpha;
    const float slope = op.kind == OpKind::prelu ? result.slopes.scale : result.alpha;
    result.positive = product_over(result.input.scale, 1.0f, result.output.scale, op.rounding);
    result.negative = product_over(result.input.scale, slope, result.output.scale, op.rounding);
    return result;
}

int32_t leaky_relu_value(const LeakyReluParameters &parameters, int32_t stored) {
    if (parameters.rounding == Rounding::float32)
        return of_reals(parameters, dequantize_value(parameters.input, stored), parameters.alpha);
    const int32_t x = stored - parameters.input.zero_point;
    return rescaled(parameters, x, x < 0 ? parameters.negative : parameters.positive);
}

int32_t prelu_value(const LeakyReluParameters &parameters, int32_t stored, int32_t slope) {
    if (parameters.rounding == Rounding::float32)
        return of_reals(parameters, dequantize_value(parameters.input, stored),
                        dequantize_value(parameters.slopes, slope));
    const int32_t x = stored - parameters.input.zero_point;
    if (x >= 0)
        return rescaled(parameters, x, parameters.positive);
    return rescaled(parameters, x * (slope - parameters.slopes.zero_point), parameters.negative);
}

void leaky_relu(const Operands &operands) {
    if (!operands.is_float())
        return apply_lookup_table(operands);
    const float alpha = operands.op().as<LeakyReluAttributes>().alpha;
    const auto in = operands.input<float>(0);
    const auto out = operands.output<float>();
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = in[i] < 0 ? in[i] * alpha : in[i];
}

void prelu(const Operands &operands) {
    if (operands.is_float())
        return combine_reals(operands, Activation::none,
                             [](float x, float slope) { return x < 0 ? x * slope : x; });
    const LeakyReluParameters parameters = leaky_relu_parameters(operands.graph(), operands.op());
    combine_stored(operands, [&](int32_t stored, int32_t slope) {
        return prelu_value(parameters, stored, slope);
    });
}

} // namespace octet::reference
