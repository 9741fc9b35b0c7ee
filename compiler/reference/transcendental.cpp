#include "compiler/reference/transcendental.h"

#include "compiler/reference/fixed_point.h"

#include <cmath>
#include <limits>

namespace octet::reference {

namespace {

constexpr int32_t one = std::numeric_limits<int32_t>::max(); // 1 in Q(0), as near as it gets.

int32_t multiply(int32_t a, int32_t b) {
    return saturating_rounding_doubling_high_mul(a, b);
}

/// exp(x) in Q(0) for x in [-1/4, 0) in Q(0): Taylor's series to the fourth power around -1/8.
int32_t exp_near_zero(int32_t x) {
    constexpr int32_t exp_minus_eighth = 1895147668; // exp(-1/8)
    constexpr int32_t third = 715827883;             // 1/3
    const int32_t y = x + (1 << 28);                 // x + 1/8
    const int32_t y2 = multiply(y, y), y3 = multiply(y2, y), y4 = multiply(y2, y2);
    const int32_t y4_over_4 = rounding_divide_by_pot(y4, 2);
    // y^4/24 + y^3/6 + y^2/2 = ((y^4/4 + y^3)/3 + y^2)/2
    const int32_t higher = rounding_divide_by_pot(multiply(y4_over_4 + y3, third) + y2, 1);
    return exp_minus_eighth + multiply(exp_minus_eighth, y + higher);
}

} // namespace

int32_t saturating_shift_left(int32_t x, int exponent) {
    const int32_t threshold = int32_t((int64_t(1) << (31 - exponent)) - 1);
    if (x > threshold)
        return std::numeric_limits<int32_t>::max();
    if (x < -threshold)
        return std::numeric_limits<int32_t>::min();
    return int32_t(uint32_t(x) << exponent);
}

int32_t exp_on_negative_values(int32_t x, int integer_bits) {
    // x = f - r with f in [-1/4, 0) and r a multiple of 1/4: exp(x) = exp(f) * prod exp(-2^k) over
    // the bits of r.
    static constexpr int32_t factors[] = {
        1672461947, // exp(-1/4)
        1302514674, // exp(-1/2)
        790015084,  // exp(-1)
        290630308,  // exp(-2)
        39332535,   // exp(-4)
        720401,     // exp(-8)
        242,        // exp(-16)
    };
    if (x == 0)
        return one;
    const int fractional_bits = 31 - integer_bits;
    const int32_t quarter = 1 << (fractional_bits - 2);
    const int32_t fraction = (x & (quarter - 1)) - quarter;
    const int32_t remainder = fraction - x;
    int32_t result = exp_near_zero(saturating_shift_left(fraction, integer_bits));
    for (int exponent = -2; exponent < integer_bits; ++exponent)
        if (remainder & (1 << (fractional_bits + exponent)))
            result = multiply(result, factors[exponent + 2]);
    return result;
}

namespace {

constexpr int32_t one_in_q2 = 1 << 29;

/// 2 / (1 + x) in Q(2) for x in [0, 1) in Q(0), by three steps of Newton's iteration.
int32_t two_over_one_plus_x(int32_t x) {
    constexpr int32_t forty_eight_over_17 = 1515870810;       // in Q(2)
    constexpr int32_t minus_thirty_two_over_17 = -1010580540; // in Q(2)
    // The denominator's half, (1 + x) / 2, is in [1/2, 1), where 48/17 - 32/17 d starts well.
    const int32_t half_denominator = int32_t((int64_t(x) + one + 1) / 2);
    int32_t estimate = forty_eight_over_17 + multiply(half_denominator, minus_thirty_two_over_17);
    for (int step = 0; step < 3; ++step) {
        const int32_t error = one_in_q2 - multiply(half_denominator, estimate);
        estimate += saturating_shift_left(multiply(estimate, error), 2); // Q(4) to Q(2)
    }
    return estimate;
}

} // namespace

int32_t one_over_one_plus_x(int32_t x) {
    // The estimate of 2 / (1 + x) in Q(2) is that of 1 / (1 + x) in Q(1).
    return saturating_shift_left(two_over_one_plus_x(x), 1);
}

int32_t logistic_fixed_point(int32_t x, int integer_bits) {
    if (x == 0)
        return 1 << 30;
    const int32_t negative = x > 0 ? -x : x;
    const int32_t of_magnitude =
        one_over_one_plus_x(exp_on_negative_values(negative, integer_bits));
    return x > 0 ? of_magnitude : one - of_magnitude;
}

int32_t tanh_fixed_point(int32_t x, int integer_bits) {
    if (x == 0)
        return 0;
    const int32_t negative = x > 0 ? -x : x;
    // (1 - e) / (1 + e) = 2 / (1 + e) - 1 with e = exp(-2 |x|): one more integer bit doubles.
    const int32_t e = exp_on_negative_values(negative, integer_bits + 1);
    const int32_t of_magnitude = saturating_shift_left(two_over_one_plus_x(e) - one_in_q2, 2);
    return x > 0 ? of_magnitude : -of_magnitude;
}

int32_t input_radius(int integer_bits, int left_shift) {
    const double largest = double((1 << integer_bits) - 1) *
                           double(int64_t(1) << (31 - integer_bits)) / std::exp2(left_shift);
    return int32_t(std::min(std::floor(largest), double(std::numeric_limits<int32_t>::max())));
}

} // namespace octet::reference
