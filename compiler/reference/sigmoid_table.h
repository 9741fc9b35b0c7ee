// The logistic function and the hyperbolic tangent of 16-bit values, interpolated in one table.
//
// LiteRT and TensorFlow Lite Micro compute both from 256 values of the logistic function at i / 24,
// because tanh(x) = 2 logistic(2 x) - 1 and both are symmetric. The input is brought to steps of
// 2^-12 / 3: then its absolute value's upper bits are the place in the table, and its lower 9 bits
// (8 for tanh) the share of the next entry. From 255 / 24 on the result is at its end.
#pragma once

#include <cstdint>

namespace octet::reference {

/// x 3 * 2^12 of a stored value, which is rounded, ties up: (stored * multiplier) >> shift.
struct SigmoidInput {
    int32_t multiplier = 0;
    int shift = 0;
};

/// Of an input of that scale, which must be below 4. Scales of 2^-12 2^k with k from 0 to `most`
/// are exact; the multiplier of others is cut to 15 bits.
SigmoidInput sigmoid_input(float scale, int most);

/// 2^15 / (1 + exp(-x)), at most 2^15 - 1.
int32_t logistic_16(const SigmoidInput &input, int32_t stored);

/// 2^15 tanh(x), at most 2^15 - 1.
int32_t tanh_16(const SigmoidInput &input, int32_t stored);

} // namespace octet::reference
