#include "compiler/reference/tanh.h"

#include "compiler/reference/lookup_table.h"
#include "compiler/reference/transcendental.h"

#include <algorithm>
#include <cmath>

namespace octet::reference {

namespace {

constexpr int integer_bits = 4;

int32_t fixed_point_value(const TanhParameters &parameters, int32_t centered) {
    const StoredRange &output = parameters.output;
    if (centered <= -parameters.radius)
        return output.lowest;
    if (centered >= parameters.radius)
        return output.highest;
    const int32_t x = multiply_double_rounding(centered, parameters.multiplier);
    // From 0.31 fixed point to steps of 2^-7.
    const int32_t steps = rounding_divide_by_pot(tanh_fixed_point(x, integer_bits), 31 - 7);
    return std::clamp(steps + output.zero_point, output.lowest, output.highest);
}

} // namespace

TanhParameters tanh_parameters(const Tensor &input, const Tensor &output, Rounding rounding) {
    TanhParameters result{stored_range(input), stored_range(output), rounding, {}, 0, {}};
    result.multiplier =
        quantize_multiplier(double(result.input.scale) * double(1 << (31 - integer_bits)));
    result.radius = input_radius(integer_bits, result.multiplier.shift);
    result.sixteen_bits = sigmoid_input(result.input.scale, 1);
    return result;
}

int32_t tanh_value(const TanhParameters &parameters, int32_t stored) {
    if (parameters.output.sixteen_bits() && parameters.rounding != Rounding::float32)
        return tanh_16(parameters.sixteen_bits, stored);
    if (parameters.rounding == Rounding::micro)
        return fixed_point_value(parameters, stored - parameters.input.zero_point);
    return quantize_value(parameters.output, parameters.rounding,
                          std::tanh(dequantize_value(parameters.input, stored)));
}

void tanh(const Operands &operands) {
    if (!operands.is_float())
        return apply_stored_function(operands);
    const auto in = operands.input<float>(0);
    const auto out = operands.output<float>();
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = std::tanh(in[i]);
}

} // namespace octet::reference
