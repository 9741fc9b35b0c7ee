#include "compiler/reference/leaky_relu.h"

#include "compiler/reference/broadcast.h"
#include "compiler/reference/lookup_table.h"

namespace octet::reference {

namespace {

/// The function whose multiplier is `a` times `b` over `c` as the engine computes it.
Requantizer product_over(float a, float b, float c, Rounding rounding) {
    if (rounding == Rounding::float32)
        return Requantizer(Requantizer::Kind::float32, a, b, c);
    return Requantizer(Requantizer::Kind::double_rounding, rounding == Rounding::reference
                                                               ? double(a * b / c)
                                                               : double(a) * double(b) / double(c));
}

int32_t rescaled(const LeakyReluParameters &parameters, int32_t x, const Requantizer &requantize) {
    const StoredRange &output = parameters.output;
    const int64_t value = int64_t(requantize(x)) + output.zero_point;
    return int32_t(std::clamp<int64_t>(value, output.lowest, output.highest));
}

} // namespace

LeakyReluParameters leaky_relu_parameters(const Graph &graph, const Operator &op) {
    const StoredRange input = stored_range(graph.tensor(op.inputs.at(0)));
    const StoredRange output = stored_range(graph.tensor(op.outputs.at(0)));
    const bool is_prelu = op.kind == OpKind::prelu;
    const StoredRange slopes = is_prelu ? stored_range(graph.tensor(op.inputs.at(1))) : input;
    const float alpha = is_prelu ? 0.0f : op.as<LeakyReluAttributes>().alpha;
    const float slope = is_prelu ? slopes.scale : alpha;
    return {input,
            output,
            op.rounding,
            alpha,
            slopes.zero_point,
            product_over(input.scale, 1.0f, output.scale, op.rounding),
            product_over(input.scale, slope, output.scale, op.rounding)};
}

int32_t leaky_relu_value(const LeakyReluParameters &parameters, int32_t stored) {
    if (parameters.rounding == Rounding::float32) {
        const float x = dequantize_value(parameters.input, stored);
        return quantize_value(parameters.output, parameters.rounding,
                              x < 0 ? x * parameters.alpha : x);
    }
    const int32_t x = stored - parameters.input.zero_point;
    return rescaled(parameters, x, x < 0 ? parameters.negative : parameters.positive);
}

int32_t prelu_value(const LeakyReluParameters &parameters, int32_t stored, int32_t slope) {
    const int32_t x = stored - parameters.input.zero_point;
    if (x >= 0)
        return rescaled(parameters, x, parameters.positive);
    return rescaled(parameters, x * (slope - parameters.slope_zero_point), parameters.negative);
}

void leaky_relu(const Operands &operands) {
    if (!operands.is_float())
        return apply_stored_function(operands);
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
