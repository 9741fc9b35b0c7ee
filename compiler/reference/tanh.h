// The hyperbolic tangent of one stored value, as each engine computes it.
//
//     reference, float: in single precision: quantize(tanh(dequantize(q)))
//     micro:            in fixed point, 4 integer bits for x; the output is q * 2^-7
//     reference, micro of 16 bits: interpolated in a table; the output is q * 2^-15
#pragma once

#include "compiler/reference/quantize.h"
#include "compiler/reference/sigmoid_table.h"

namespace octet::reference {

struct TanhParameters {
    StoredRange input, output;
    Rounding rounding = Rounding::reference;
    Multiplier multiplier;     ///< micro: from input steps to 4.27 fixed point.
    int32_t radius = 0;        ///< micro: |q - z| from which on the output is at its end.
    SigmoidInput sixteen_bits; ///< reference, micro: of 16-bit values
};

TanhParameters tanh_parameters(const Tensor &input, const Tensor &output, Rounding rounding);

/// The output's stored value of an input's stored value.
int32_t tanh_value(const TanhParameters &parameters, int32_t stored);

} // namespace octet::reference
