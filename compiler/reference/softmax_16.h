// Softmax over the last axis of 16-bit values, from two interpolated tables.
//
// For a row with the largest stored value m and e(x) = exp(x) on [-10, 0], r(x) = 1 / (1 + x) on
// [0, 1], both tables of 512 steps and 15 fractional bits:
//
//     e_i = e(beta s (q_i - m))       the argument in steps of 10 / 65535, at least -10
//     S   = sum e_i                   = 2^k (1 + x) with x in [0, 1)
//     reference, micro: q_i = round(e_i r(x) / 2^k), ties up, at most 2^15 - 1
//     float:            q_i = quantize(softmax(dequantize(q)))
#pragma once

#include "compiler/reference/interpreter.h"

namespace octet::reference {

/// The kernel of an operator softmax whose operands are int16.
void softmax_16(const Operands &operands);

} // namespace octet::reference
