// Averages of a window of quantized values.
//
// reference and micro average stored values, which needs input and output of the same quantization;
// `float` requantizes the centered sum, which allows any:
//
//     reference, micro: q = round(sum q_i / n), ties away from zero
//     float:            q = z + round_half_even((sum (q_i - z_in)) * (s_in / (s n)))
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/reference/fixed_point.h"

namespace octet::reference {

/// sum / count rounded to an integer, ties away from zero; count > 0.
int32_t rounded_average(int32_t sum, int32_t count);

/// `float` mode's function of the centered sum of `count` values, for average pooling and mean.
Requantizer average_requantizer(const Graph &graph, const Operator &op, int64_t count);

} // namespace octet::reference
