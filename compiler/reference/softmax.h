// Softmax over the last axis of quantized values, from one table of exponentials.
//
// For a row with the largest stored value m and d_i = m - q_i in [0, 255]:
//
//     e_i = exp(-beta s d_i)          in Q(0), from the table
//     S   = sum e_i / 2^12            in Q(12), each e_i rounded, ties away from zero
//     reference, micro: q_i = lowest + round(e_i * reciprocal(S)), for an output of scale 1/256 and
//                       its zero point at the lowest value
//     float:            q_i = z + round_half_even((float(e_i) / float(S)) * (2^-12 / s))
//
// Integer sums do not depend on their order, so that kernels may vectorise them.
#pragma once

#include "compiler/reference/quantize.h"

#include <array>

namespace octet::reference {

struct SoftmaxParameters {
    StoredRange output;
    Rounding rounding = Rounding::reference;
    /// exp(-beta s d) in Q(0) for d in [0, 255]; 0 from where TensorFlow Lite skips elements.
    std::array<int32_t, 256> exponentials{};
    /// What an element adds to the sum: the same in Q(12).
    std::array<int32_t, 256> summands{};
};

/// Throws Error for an axis of 4096 or more elements.
SoftmaxParameters softmax_parameters(const Graph &graph, const Operator &op);

/// What a row needs beside its elements' table entries, computed from its sum in Q(12) (> 0).
struct SoftmaxRow {
    int32_t reciprocal = 0; ///< reference, micro: 2^k / sum in Q(0).
    int shift = 0;          ///< reference, micro: right shift from e_i * reciprocal to 8 bits.
    float sum = 0;          ///< float
};

SoftmaxRow softmax_row(int32_t sum);

/// The stored output of an element at distance d from its row's largest.
int32_t softmax_value(const SoftmaxParameters &parameters, const SoftmaxRow &row, int32_t d);

} // namespace octet::reference
