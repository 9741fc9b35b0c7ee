// Multiplication of two quantized tensors: one requantization of the product of centered values.
//
//     q = clamp(z + requantize((q_0 - z_0)(q_1 - z_1))),  requantize ~ s_0 s_1 / s
//
// reference and micro round twice, with a multiplier computed in single precision (reference) or in
// double (micro); float multiplies in single precision.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/reference/fixed_point.h"

#include <array>

namespace octet::reference {

struct MulParameters {
    std::array<int32_t, 2> zero_points{}; ///< Of the inputs.
    int32_t zero_point = 0;               ///< Of the output.
    Requantizer requantize;               ///< The function of the product.
    int32_t lowest = 0, highest = 0;      ///< Of the stored output.
};

MulParameters mul_parameters(const Graph &graph, const Operator &op);

/// Stored output of two stored inputs.
int32_t mul_values(const MulParameters &parameters, int32_t a, int32_t b);

} // namespace octet::reference
