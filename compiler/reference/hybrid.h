// Float activations beside int8 weights, in two kinds of arithmetic.
//
//     weights only:  y = clamp(sum x (s_w (w - z_w)) + b), all in single precision
//     dynamic:       y = clamp(s_x s_w[c] sum (q - z) w + b), the sum in 32 bits
//
// In the second the activations x become q at run time, each row (an image of the batch, or a row
// of a fully connected operator) on the grid that its own extremes give. The arithmetic is that of
// LiteRT's reference kernels, operation by operation.
#pragma once

#include "compiler/reference/interpreter.h"

namespace octet::reference {

/// Real values on a grid of their own.
struct DynamicRow {
    std::vector<int32_t> centered; ///< q - z
    float scale = 1;
};
DynamicRow quantize_row(std::span<const float> values, DynamicInput how);

/// The activations of an operator whose dynamic_input is not `none`.
struct DynamicActivations {
    std::vector<int32_t> centered; ///< of all rows
    std::vector<float> scales;     ///< by row
};
DynamicActivations quantize_activations(const Operands &operands);

/// The rescaling of a sum to a real value. A convolution's asymmetric kernel multiplies by the two
/// scales one after the other, the others by their product.
float rescale(const Operator &op, int32_t sum, float input_scale, float weight_scale);

} // namespace octet::reference
