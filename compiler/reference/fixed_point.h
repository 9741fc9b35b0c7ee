// Requantization as the engines that Octet names compute it; the norm for all kernels.
//
// A real multiplier M > 0 is written M = m * 2^(shift - 31) with m in [2^30, 2^31) (m = 0 for M =
// 0); this is QuantizeMultiplier of TensorFlow Lite. `double_rounding` rounds twice: once to the
// high half of the 64-bit product, ties up, and once in the remaining right shift, ties away from
// zero. `float64` rounds the product in double precision once, ties away from zero; `float32` the
// product in single precision, ties to even. `reduced` is for the 64-bit accumulators beside 16-bit
// activations: m is first rounded to 15 bits, so that the product fits, which is rounded once.
#pragma once

#include "compiler/graph/graph.h"

#include <cstdint>

namespace octet::reference {

/// M = m * 2^(shift - 31).
struct Multiplier {
    int32_t m = 0;
    int shift = 0; ///< Positive: left. At least -31.
    bool operator==(const Multiplier &) const = default;
};

/// Rounds M to 31 bits, in double precision as TFLite does; below 2^-32 it is 0. M must be finite,
/// >= 0 and less than 2^31.
Multiplier quantize_multiplier(double real);

/// Saturating rounding doubling high multiply: floor(a * b / 2^31 + 1/2), so ties go up; only
/// a = b = -2^31 saturates. (gemmlowp's nudge for negative products rounds their ties up as well.)
int32_t saturating_rounding_doubling_high_mul(int32_t a, int32_t b);

/// x / 2^exponent, ties away from zero; exponent in [0, 31].
int32_t rounding_divide_by_pot(int32_t x, int exponent);

/// Double rounding: SRDHM(x << left, m), then rounding_divide_by_pot. The left shift wraps, as the
/// engines' does; with shift <= 0 there is none.
int32_t multiply_double_rounding(int32_t x, Multiplier multiplier);

/// floor(x m' / 2^(15 - shift) + 1/2), m' = m / 2^16 rounded, ties up, and at most 2^15 - 1. The
/// engines assume |x| < 2^47 and a result in int32; beyond that this wraps. shift < 15.
int32_t multiply_reduced(int64_t x, Multiplier multiplier);

/// double(x) * real, rounded to an integer, ties away from zero; saturates to int32. (The product
/// is an IEEE double, so that every machine computes the same.)
int32_t multiply_float64(int64_t x, double real);

/// round_half_even(float(x) * scale) in float32; saturates to int32.
int32_t multiply_float32(int64_t x, float scale);

/// How one operator requantizes, without the zero point and clamp: the function of the accumulator
/// that its rounding mode names, per output channel.
class Requantizer {
public:
    enum class Kind : uint8_t { double_rounding, float64, float32, reduced };

    /// M = `real`; float32 rounds it to float.
    Requantizer(Kind kind, double real);

    /// M = s_in * s_w / s_out: in double as TFLite computes it, or, for float32, in float
    /// arithmetic in this order as XNNPACK computes it.
    Requantizer(Kind kind, float input_scale, float weight_scale, float output_scale);

    /// Double rounding by a multiplier that is known already, normalised or not.
    explicit Requantizer(Multiplier multiplier);

    /// Only `reduced`, `float64` and `float32` take more than 32 bits.
    int32_t operator()(int64_t accumulator) const {
        switch (kind_) {
        case Kind::double_rounding:
            return multiply_double_rounding(int32_t(accumulator), multiplier_);
        case Kind::reduced:
            return multiply_reduced(accumulator, multiplier_);
        case Kind::float64:
            return multiply_float64(accumulator, real_);
        case Kind::float32:
            return multiply_float32(accumulator, float(real_));
        }
        return 0;
    }

    Kind kind() const { return kind_; }
    Multiplier multiplier() const { return multiplier_; } ///< Of the integer kinds, else zero.
    double real() const { return real_; }                 ///< M; for float32 exactly a float.
    float scale() const { return float(real_); }          ///< M in single precision.
    bool operator==(const Requantizer &) const = default;

private:
    Kind kind_;
    Multiplier multiplier_;
    double real_;
};

/// True where sums are of 64 bits: beside 16-bit activations, unless the bias is int32, whose type
/// then is the sum's.
bool has_wide_accumulator(const Graph &graph, const Operator &op);

/// The kind that `op` uses under its rounding mode (convolution, depthwise or fully connected).
Requantizer::Kind requantizer_kind(const Graph &graph, const Operator &op);

/// One Requantizer per output channel of a convolution, depthwise or fully connected operator.
std::vector<Requantizer> requantizers(const Graph &graph, const Operator &op);

} // namespace octet::reference
