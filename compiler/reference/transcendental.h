// exp and 1 / (1 + x) in 32-bit fixed point, step by step as gemmlowp's fixedpoint library computes
// them: TensorFlow Lite's integer softmax and logistic are made of these.
//
// A number in Q(i) has a sign, i integer bits and 31 - i fractional bits. Products are saturating
// rounding doubling high multiplies, so that Q(a) * Q(b) is Q(a + b).
#pragma once

#include <cstdint>

namespace octet::reference {

/// x * 2^exponent, exponent >= 0, saturating.
int32_t saturating_shift_left(int32_t x, int exponent);

/// exp(x) in Q(0) for x <= 0 in Q(integer_bits), integer_bits in [0, 5].
int32_t exp_on_negative_values(int32_t x, int integer_bits);

/// 1 / (1 + x) in Q(0) for x in [0, 1) in Q(0), by three steps of Newton's iteration.
int32_t one_over_one_plus_x(int32_t x);

/// 1 / (1 + exp(-x)) in Q(0) for x in Q(integer_bits), integer_bits in [0, 5].
int32_t logistic_fixed_point(int32_t x, int integer_bits);

/// tanh(x) in Q(0) for x in Q(integer_bits), integer_bits in [0, 4].
int32_t tanh_fixed_point(int32_t x, int integer_bits);

/// Largest number of input steps that Q(integer_bits) holds when a step is shifted left by
/// `left_shift` bits; beyond it TensorFlow Lite does not evaluate the function.
int32_t input_radius(int integer_bits, int left_shift);

} // namespace octet::reference
