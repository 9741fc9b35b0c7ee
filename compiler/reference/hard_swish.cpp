#include "compiler/reference/hard_swish.h"

#include "compiler/reference/lookup_table.h"

#include <algorithm>
#include <limits>

namespace octet::reference {

namespace {

constexpr int16_t largest = std::numeric_limits<int16_t>::max();
constexpr int16_t smallest = std::numeric_limits<int16_t>::min();

float hard_swish_of(float x) {
    return x * std::clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f;
}

/// The upper half of a 31-bit multiplier.
Multiplier16 multiplier16(float real) {
    const Multiplier exact = quantize_multiplier(double(real));
    const int64_t rounded = (int64_t(exact.m) + (1 << 15)) >> 16;
    return {int16_t(std::min<int64_t>(rounded, largest)), exact.shift};
}

int16_t shift_left(int16_t x, int amount) {
    return int16_t(std::clamp<int64_t>(int64_t(x) << amount, smallest, largest));
}

/// floor(a b / 2^15 + 1/2), saturating.
int16_t multiply_rounding(int16_t a, int16_t b) {
    return int16_t(std::min((int32_t(a) * b + (1 << 14)) >> 15, int32_t(largest)));
}

int32_t fixed_point_value(const HardSwishParameters &parameters, int32_t stored) {
    const auto x = int16_t((stored - parameters.input.zero_point) * (1 << 7));
    const int16_t factor = multiply_rounding(x, parameters.to_output.m);
    const Multiplier16 &thirds = parameters.to_thirds;
    // The last bit of a left shift comes after the product, where saturation is meant.
    int16_t share = thirds.exponent > 0 ? shift_left(x, thirds.exponent - 1) : x;
    share = multiply_rounding(share, thirds.m);
    if (thirds.exponent > 0)
        share = shift_left(share, 1);
    else
        share = int16_t(rounding_divide_by_pot(share, -thirds.exponent));
    const auto portion = int16_t((share + (1 << 15)) >> 1);
    const int32_t product = int32_t(portion) * factor / (1 << 15); // towards zero
    const int32_t steps = rounding_divide_by_pot(product, -parameters.to_output.exponent);
    return std::clamp(steps + parameters.output.zero_point, parameters.output.lowest,
                      parameters.output.highest);
}

} // namespace

HardSwishParameters hard_swish_parameters(const Tensor &input, const Tensor &output,
                                          Rounding rounding) {
    HardSwishParameters result{stored_range(input), stored_range(output), rounding, {}, {}};
    const float fine_scale = (1.0f / 128.0f) * result.input.scale;
    result.to_output = multiplier16(fine_scale / result.output.scale);
    result.to_thirds = multiplier16(fine_scale / (3.0f / 32768.0f));
    return result;
}

int32_t hard_swish_value(const HardSwishParameters &parameters, int32_t stored) {
    if (parameters.rounding != Rounding::float32)
        return fixed_point_value(parameters, stored);
    return quantize_value(parameters.output, parameters.rounding,
                          hard_swish_of(dequantize_value(parameters.input, stored)));
}

void hard_swish(const Operands &operands) {
    if (!operands.is_float())
        return apply_stored_function(operands);
    const auto in = operands.input<float>(0);
    const auto out = operands.output<float>();
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = hard_swish_of(in[i]);
}

} // namespace octet::reference
