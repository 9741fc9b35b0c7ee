// Mean of quantized values over some axes: one requantization of the centered sum.
//
//     q = clamp(z + requantize(sum (q_i - z_in))),  requantize ~ s_in / (s n)
//
// reference and micro divide the multiplier of s_in / s by n in integers (64 bits, truncated) and
// round twice; `float` computes s_in / (s n) in single precision.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/reference/fixed_point.h"

namespace octet::reference {

/// Number of values that make one output.
int64_t mean_count(const Graph &graph, const Operator &op);

/// The function of the centered sum under the operator's rounding.
Requantizer mean_requantizer(const Graph &graph, const Operator &op);

} // namespace octet::reference
