// The fixed-point functions against their definitions over the integers and the rationals.
#include "compiler/reference/fixed_point.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>

namespace octet::reference {
namespace {

constexpr int32_t lowest = std::numeric_limits<int32_t>::min();
constexpr int32_t highest = std::numeric_limits<int32_t>::max();

// Wide enough for any product of two int32 and a shift.
__extension__ typedef __int128 Wide;

/// floor(numerator / 2^shift + 1/2) without any trick.
int64_t divide_ties_up(Wide numerator, int shift) {
    const Wide divisor = Wide(1) << shift;
    Wide quotient = (2 * numerator + divisor) / (2 * divisor);
    if ((2 * numerator + divisor) % (2 * divisor) < 0)
        --quotient;
    return int64_t(quotient);
}

int64_t divide_ties_away(int64_t numerator, int shift) {
    return numerator < 0 ? -divide_ties_up(-Wide(numerator), shift)
                         : divide_ties_up(numerator, shift);
}

/// Accumulators near ties and ends as well as anywhere.
std::vector<int32_t> interesting(std::mt19937 &random) {
    std::vector<int32_t> values = {0, 1, -1, lowest, lowest + 1, highest, highest - 1};
    for (int bit = 1; bit < 31; ++bit)
        for (int delta : {-1, 0, 1})
            for (int sign : {-1, 1})
                values.push_back(sign * ((1 << bit) + delta));
    for (int i = 0; i < 2000; ++i)
        values.push_back(int32_t(random()) >> (random() % 31));
    return values;
}

TEST_CASE("quantize_multiplier keeps 31 bits and normalises", "[fixed_point]") {
    std::mt19937 random(1);
    std::uniform_real_distribution<double> exponent(-31.5, 30.5);
    for (int i = 0; i < 20000; ++i) {
        const double real = std::exp2(exponent(random));
        const Multiplier multiplier = quantize_multiplier(real);
        CAPTURE(real, multiplier.m, multiplier.shift);
        REQUIRE(multiplier.m >= 1 << 30);
        const double back = std::ldexp(double(multiplier.m), multiplier.shift - 31);
        REQUIRE(std::abs(back - real) <= std::ldexp(0.5, multiplier.shift - 31));
    }
}

TEST_CASE("quantize_multiplier at its ends", "[fixed_point]") {
    CHECK(quantize_multiplier(0) == Multiplier{0, 0});
    CHECK(quantize_multiplier(1) == Multiplier{1 << 30, 1});
    CHECK(quantize_multiplier(0.5) == Multiplier{1 << 30, 0});
    // The fraction rounds up to 2^31, which has no place in 31 bits.
    CHECK(quantize_multiplier(std::nextafter(1.0, 0.0)) == Multiplier{1 << 30, 1});
    CHECK(quantize_multiplier(0x1p-32) == Multiplier{1 << 30, -31});
    CHECK(quantize_multiplier(0x0.8p-32) == Multiplier{0, 0});
}

TEST_CASE("saturating_rounding_doubling_high_mul rounds ties up", "[fixed_point]") {
    std::mt19937 random(2);
    for (int32_t a : interesting(random)) {
        const int32_t b = int32_t(random()) >> (random() % 31);
        CAPTURE(a, b);
        REQUIRE(saturating_rounding_doubling_high_mul(a, b) == divide_ties_up(Wide(a) * b, 31));
    }
    CHECK(saturating_rounding_doubling_high_mul(lowest, lowest) == highest);
    CHECK(saturating_rounding_doubling_high_mul(1 << 30, 1) == 1);
    CHECK(saturating_rounding_doubling_high_mul(-(1 << 30), 1) == 0);
}

TEST_CASE("rounding_divide_by_pot rounds ties away from zero", "[fixed_point]") {
    std::mt19937 random(3);
    for (int32_t x : interesting(random))
        for (int exponent = 0; exponent <= 31; ++exponent) {
            CAPTURE(x, exponent);
            REQUIRE(rounding_divide_by_pot(x, exponent) == divide_ties_away(x, exponent));
        }
}

TEST_CASE("double rounding follows its formula", "[fixed_point]") {
    std::mt19937 random(4);
    for (int32_t x : interesting(random))
        for (int shift = -31; shift <= 4; ++shift) {
            const Multiplier multiplier{(1 << 30) + int32_t(random() >> 2), shift};
            CAPTURE(x, multiplier.m, shift);
            const int64_t product_fits = int64_t(x) << std::max(shift, 0);
            if (product_fits < lowest || product_fits > highest)
                continue;
            const int64_t high = divide_ties_up(Wide(product_fits) * multiplier.m, 31);
            REQUIRE(multiply_double_rounding(x, multiplier) ==
                    divide_ties_away(high, std::max(-shift, 0)));
        }
}

TEST_CASE("multiply_float64 rounds ties away from zero and saturates", "[fixed_point]") {
    CHECK(multiply_float64(1, 0.5) == 1);
    CHECK(multiply_float64(-1, 0.5) == -1);
    CHECK(multiply_float64(-5, 0.5) == -3);
    CHECK(multiply_float64(-5, 0.4999) == -2);
    CHECK(multiply_float64((1 << 24) + 1, 1.0) == (1 << 24) + 1);
    CHECK(multiply_float64(highest, 4.0) == highest);
    CHECK(multiply_float64(lowest, 4.0) == lowest);
}

TEST_CASE("multiply_float32 rounds half to even and saturates", "[fixed_point]") {
    CHECK(multiply_float32(1, 0.5f) == 0);
    CHECK(multiply_float32(3, 0.5f) == 2);
    CHECK(multiply_float32(-1, 0.5f) == 0);
    CHECK(multiply_float32(-3, 0.5f) == -2);
    CHECK(multiply_float32(-5, 0.5f) == -2);
    CHECK(multiply_float32(highest, 4.0f) == highest);
    CHECK(multiply_float32(lowest, 4.0f) == lowest);
    // float(2^24 + 1) is 2^24: the conversion of the accumulator rounds too.
    CHECK(multiply_float32((1 << 24) + 1, 1.0f) == 1 << 24);
}

TEST_CASE("a requantizer is its kind's function of its multiplier", "[fixed_point]") {
    using Kind = Requantizer::Kind;
    // Ties tell the kinds apart.
    CHECK(Requantizer(Kind::double_rounding, 0.5)(-3) == -1);
    CHECK(Requantizer(Kind::float64, 0.5)(-3) == -2);
    CHECK(Requantizer(Kind::float32, 0.5)(-3) == -2);
    CHECK(Requantizer(Kind::double_rounding, 0.5)(1) == 1);
    CHECK(Requantizer(Kind::float64, 0.5)(1) == 1);
    CHECK(Requantizer(Kind::float32, 0.5)(1) == 0);
    const float s_in = 0.1f, s_w = 0.003f, s_out = 0.07f;
    const double real = double(s_in) * double(s_w) / double(s_out);
    CHECK(Requantizer(Kind::float32, s_in, s_w, s_out).scale() == s_in * s_w / s_out);
    CHECK(Requantizer(Kind::float64, s_in, s_w, s_out).real() == real);
    CHECK(Requantizer(Kind::double_rounding, s_in, s_w, s_out).multiplier() ==
          quantize_multiplier(real));
}

} // namespace
} // namespace octet::reference
