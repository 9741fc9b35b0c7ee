// x clamp(x + 3, 0, 6) / 6 of one stored value, as each engine computes it.
//
// TensorFlow Lite's kernels compute in 16-bit fixed point. The input gets 7 more bits; one factor
// is brought near the output's scale, the other to units in which 3 is 2^15 and then from [-1, 1]
// to [0, 1]; their product is shifted to the output's scale.
//
//     reference, micro: these steps
//     float:            quantize(x clamp(x + 3, 0, 6) / 6), x = dequantize(q)
#pragma once

#include "compiler/reference/quantize.h"

namespace octet::reference {

/// M = m * 2^(exponent - 15).
struct Multiplier16 {
    int16_t m = 0;
    int exponent = 0;
};

struct HardSwishParameters {
    StoredRange input, output;
    Rounding rounding = Rounding::reference;
    Multiplier16 to_output; ///< s_x / (2^7 s), below 1
    Multiplier16 to_thirds; ///< s_x / 2^7 in units of 3 / 2^15
};

HardSwishParameters hard_swish_parameters(const Tensor &input, const Tensor &output,
                                          Rounding rounding);

/// The output's stored value of an input's stored value.
int32_t hard_swish_value(const HardSwishParameters &parameters, int32_t stored);

} // namespace octet::reference
