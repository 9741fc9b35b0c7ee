#include "compiler/reference/add.h"

#include "compiler/reference/broadcast.h"

#include <cmath>

namespace octet::reference {

AddParameters add_parameters(const Graph &graph, const Operator &op) {
    const Tensor &output = graph.tensor(op.outputs.at(0));
    const float output_scale = output.quantization.scale();
    AddParameters result;
    result.float32 = op.rounding == Rounding::float32;
    result.left_shift = output.dtype == DType::s16 ? 15 : 20;
    result.zero_point = output.quantization.zero_point();
    const bool negate = op.kind == OpKind::sub;
    std::tie(result.lowest, result.highest) = activation_range(
        negate ? op.as<SubAttributes>().activation : op.as<AddAttributes>().activation, output);
    double common = 0;
    for (size_t i = 0; i < 2; ++i)
        common = std::max(common, 2 * double(graph.tensor(op.inputs.at(i)).quantization.scale()));
    for (size_t i = 0; i < 2; ++i) {
        const Quantization &quantization = graph.tensor(op.inputs[i]).quantization;
        result.zero_points[i] = quantization.zero_point();
        result.multipliers[i] = quantize_multiplier(double(quantization.scale()) / common);
        result.scales[i] = quantization.scale() / output_scale;
    }
    if (negate) {
        result.multipliers[1].m = -result.multipliers[1].m;
        result.scales[1] = -result.scales[1];
    }
    result.multiplier =
        quantize_multiplier(common / (double(1 << result.left_shift) * double(output_scale)));
    return result;
}

int32_t add_values(const AddParameters &parameters, int32_t a, int32_t b) {
    const int32_t x = a - parameters.zero_points[0], y = b - parameters.zero_points[1];
    int64_t sum = 0;
    if (parameters.float32) {
        const float left = float(x) * parameters.scales[0];
        const float right = float(y) * parameters.scales[1];
        const float clamped = std::clamp(left + right, -0x1p30f, 0x1p30f);
        sum = int64_t(std::nearbyint(clamped));
    } else {
        const int32_t unit = 1 << parameters.left_shift;
        sum = multiply_double_rounding(
            multiply_double_rounding(x * unit, parameters.multipliers[0]) +
                multiply_double_rounding(y * unit, parameters.multipliers[1]),
            parameters.multiplier);
    }
    return int32_t(
        std::clamp<int64_t>(sum + parameters.zero_point, parameters.lowest, parameters.highest));
}

void add(const Operands &operands) {
    if (operands.is_float())
        return combine_reals(operands, operands.op().as<AddAttributes>().activation,
                             [](float a, float b) { return a + b; });
    const AddParameters parameters = add_parameters(operands.graph(), operands.op());
    combine_stored(operands, [&](int32_t a, int32_t b) { return add_values(parameters, a, b); });
}

void sub(const Operands &operands) {
    if (operands.is_float())
        return combine_reals(operands, operands.op().as<SubAttributes>().activation,
                             [](float a, float b) { return a - b; });
    const AddParameters parameters = add_parameters(operands.graph(), operands.op());
    combine_stored(operands, [&](int32_t a, int32_t b) { return add_values(parameters, a, b); });
}

} // namespace octet::reference
