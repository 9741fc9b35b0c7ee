// Addition and subtraction of two quantized tensors of different scales.
//
// The integer modes bring both operands to a common scale, twice the larger of the two, with 20
// fractional bits (15 where stored values have 16), add, and bring the sum to the output's scale;
// `float` does it in real numbers:
//
//     reference, micro: t_i = m_i((q_i - z_i) << 20);  q = z + m((t_0 + t_1))
//     float:            q = z + round_half_even((q_0 - z_0) (s_0/s) + (q_1 - z_1) (s_1/s))
//
// A subtraction is the addition with the second operand's multiplier negated.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/reference/fixed_point.h"

#include <array>

namespace octet::reference {

struct AddParameters {
    bool float32 = false;                  ///< Which of the two formulas.
    std::array<int32_t, 2> zero_points{};  ///< Of the inputs.
    int32_t zero_point = 0;                ///< Of the output.
    int left_shift = 20;                   ///< reference, micro: fractional bits.
    std::array<Multiplier, 2> multipliers; ///< reference, micro: s_i / (2 max s), below 1.
    Multiplier multiplier;                 ///< reference, micro: 2 max s / (2^20 s).
    std::array<float, 2> scales{};         ///< float: s_i / s in single precision.
    int32_t lowest = 0, highest = 0;       ///< Of the stored output.
};

/// Of an operator add or sub.
AddParameters add_parameters(const Graph &graph, const Operator &op);

/// Stored output of two stored inputs.
int32_t add_values(const AddParameters &parameters, int32_t a, int32_t b);

} // namespace octet::reference
