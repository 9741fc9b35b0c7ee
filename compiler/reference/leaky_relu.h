// LEAKY_RELU and PRELU: a requantization of its own for each side of 0.
//
//     x = q - z_x
//     q = clamp(z + positive(x))           x >= 0, positive ~ s_x / s
//     q = clamp(z + negative(x))           x < 0, LEAKY_RELU, negative ~ alpha s_x / s
//     q = clamp(z + negative(x (a - z_a))) x < 0, PRELU, negative ~ s_x s_a / s
//
// reference and micro round twice; the multipliers are quotients in single precision in reference
// and in double in micro. In float PRELU rounds once, as products do, and LEAKY_RELU is
// quantize(f(dequantize(q))).
#pragma once

#include "compiler/reference/quantize.h"

namespace octet::reference {

struct LeakyReluParameters {
    StoredRange input, output;
    Rounding rounding = Rounding::reference;
    float alpha = 0;                ///< LEAKY_RELU, float
    int32_t slope_zero_point = 0;   ///< PRELU
    Requantizer positive, negative; ///< all but LEAKY_RELU in float
};

/// Of an operator leaky_relu or prelu.
LeakyReluParameters leaky_relu_parameters(const Graph &graph, const Operator &op);

/// LEAKY_RELU's stored output of a stored input.
int32_t leaky_relu_value(const LeakyReluParameters &parameters, int32_t stored);

/// PRELU's stored output of a stored input and its channel's stored slope.
int32_t prelu_value(const LeakyReluParameters &parameters, int32_t stored, int32_t slope);

} // namespace octet::reference
