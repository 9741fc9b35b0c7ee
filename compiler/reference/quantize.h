// Real to stored, stored to real and stored to stored.
//
//     quantize:   reference, micro: q = clamp(z + round(x / s)), ties away from zero
//                 float:            q = clamp(z + round_half_even(x / s))
//     dequantize: x = s (q - z), all in single precision
//     requantize: reference, micro: q' = clamp(z' + double rounding of s/s' times (q - z))
//                 float:            q' = quantize(dequantize(q)), as ONNX's pair of operators does
//
// Infinities saturate and NaN stores the lowest value.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/reference/fixed_point.h"

namespace octet::reference {

/// What one tensor's stored values mean and which there are.
struct StoredRange {
    float scale = 1;
    int32_t zero_point = 0;
    int32_t lowest = 0, highest = 0;

    bool sixteen_bits() const { return highest > 255; }
};

StoredRange stored_range(const Tensor &tensor);

/// The stored value of `real`.
int32_t quantize_value(const StoredRange &output, Rounding rounding, float real);

/// The real value of `stored`.
float dequantize_value(const StoredRange &input, int32_t stored);

struct RequantizeParameters {
    StoredRange input, output;
    Rounding rounding = Rounding::reference;
    Multiplier multiplier; ///< reference, micro: s / s'.
};

RequantizeParameters requantize_parameters(const Tensor &input, const Tensor &output,
                                           Rounding rounding);

/// The output's stored value of an input's stored value.
int32_t requantize_value(const RequantizeParameters &parameters, int32_t stored);

} // namespace octet::reference
