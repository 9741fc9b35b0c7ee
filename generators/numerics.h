// The fixed-point arithmetic that the generators share: how an int32 accumulator becomes an 8-bit
// output, in the forms that lowering can choose from per block of channels.
//
// With q = zero_point + requantize(acc) clamped to [lo, hi], every rounding mode is a monotone step
// function of acc, given by at most 255 thresholds. Two formulas with the same thresholds inside
// the reachable range of acc are the same function. Lowering therefore looks for constants of a
// cheap form that has exactly the thresholds of the rounding mode (compiler/lower/epilogue.h), and
// proves it; the `exact` form serves the channels for which there are none.
//
//   scale           q = round_half_even(acc * M + zo)
//   scale_offset    q = round_half_even((acc + d) * M + zo)             d in float, per channel
//   scale_copysign  q = round_half_even((acc + copysign(d, acc)) * M + zo)
//   exact           q = (acc * m + (acc < 0 ? r_negative : r_positive)) >> shift    64 bits
//   mixed           scale_copysign or exact, per block of channels
//
// Chips without fast floats have forms with integer constants m, r and, where negative accumulators
// round differently, d; the shifts are the kernel's, so that they are part of its instructions:
//
//   fixed      q = (((acc << left) * m + r) >> 32) >> shift                    64-bit sum
//   high       q = ((((acc << left) * m) >> 32) + r) >> shift                  32-bit sum
//   doubling   q = (rdmulh(acc << left, m) + r) >> shift,     rdmulh(a, b) = (2ab + 2^31) >> 32
//   split      q = (floor(acc * m / 2^left) + r) >> shift                      32-bit arithmetic
//   fixed_sign, high_sign, doubling_sign, split_sign: the same with r - d for negative acc
//
// `high` drops the product's low word. Where the kernel adds a bias to its accumulators, lowering
// shifts that bias a little instead, which moves the thresholds as finely as r's low word does.
//
// `split` multiplies the accumulator's bits from `left` on and those below apart, so that it needs
// only 32-bit products.
//
// With a fused multiply-add the float forms round once; without (`fused` false), the product is
// rounded to float first, which is what the rounding mode `float` itself does; ties then go to even
// numbers of steps only if magic + zo is even, so an odd zero point is raised by a parity of 1 that
// is taken off again.
//
// The float forms round by adding 1.5 * 2^23 + zo: the sum's low byte is then the stored output.
// That sum and its limits are arguments rather than constants, because Halide would otherwise
// reorder the additions around them and round twice.
#pragma once

#include "generators/kernel.h"

namespace octet::generators {

enum class EpilogueForm {
    scale,
    scale_offset,
    scale_copysign,
    exact,
    mixed,
    fixed,
    fixed_sign,
    high,
    high_sign,
    doubling,
    doubling_sign,
    split,
    split_sign
};
NLOHMANN_JSON_SERIALIZE_ENUM(EpilogueForm, {{EpilogueForm::scale, "scale"},
                                            {EpilogueForm::scale_offset, "scale_offset"},
                                            {EpilogueForm::scale_copysign, "scale_copysign"},
                                            {EpilogueForm::exact, "exact"},
                                            {EpilogueForm::mixed, "mixed"},
                                            {EpilogueForm::fixed, "fixed"},
                                            {EpilogueForm::fixed_sign, "fixed_sign"},
                                            {EpilogueForm::high, "high"},
                                            {EpilogueForm::high_sign, "high_sign"},
                                            {EpilogueForm::doubling, "doubling"},
                                            {EpilogueForm::doubling_sign, "doubling_sign"},
                                            {EpilogueForm::split, "split"},
                                            {EpilogueForm::split_sign, "split_sign"}})

/// True for the forms with integer constants whose shifts are the kernel's.
inline bool is_fixed(EpilogueForm form) {
    return form >= EpilogueForm::fixed;
}

/// True for the forms with d.
inline bool has_sign(EpilogueForm form) {
    return form == EpilogueForm::fixed_sign || form == EpilogueForm::high_sign ||
           form == EpilogueForm::doubling_sign || form == EpilogueForm::split_sign;
}

/// What the fixed forms have as constants of the code.
struct FixedEpilogue {
    int shift = 0, left = 0;
    int lo = 0, hi = 255; ///< of the stored output
    int lanes = 1;        ///< channels whose constants lie together, word by word
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(FixedEpilogue, shift, left, lo, hi, lanes)
};

/// What a kernel's epilogue is: its form, the output type, the channels (padded) and, for `mixed`,
/// how many channels share one choice.
struct EpilogueSpec {
    EpilogueForm form = EpilogueForm::exact;
    std::string out_type = "u8";
    int channels = 0;
    int block = 0;
    /// The float forms multiply and add with one rounding; otherwise the product is rounded first.
    bool fused = true;
    /// |acc * M| stays below 2^15, so the float forms may clamp with 16-bit instructions.
    bool narrow = false;
    FixedEpilogue fixed; ///< fixed forms
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(EpilogueSpec, form, out_type, channels, block, fused, narrow,
                                   fixed)

    bool has_float() const { return form != EpilogueForm::exact && !is_fixed(form); }
    bool has_offset() const {
        return form == EpilogueForm::scale_offset || form == EpilogueForm::scale_copysign ||
               form == EpilogueForm::mixed;
    }
    bool has_exact() const { return form == EpilogueForm::exact || form == EpilogueForm::mixed; }
    /// Words per channel that the fixed forms read.
    int fixed_words() const;
    /// Where word `word` of channel `channel` lies among the `constants` of a fixed form.
    int64_t fixed_offset(int channel, int word) const;
};

/// 1.5 * 2^23: adding it to a float of magnitude below 2^22 rounds that to an integer, half to
/// even.
inline constexpr float rounding_magic = 12582912.0f;

/// The constants of an epilogue as kernel arguments. The fixed forms have one, so that one pointer
/// serves them all:
///   constants  s32[lanes, words, channels / lanes]: r (fixed: its low and high word), m, d
/// The others have, in this order:
///   range     s32[3]: lo, hi in the stored type, parity
///   float_range  f32[3]: magic + zero point, magic + lo, magic + hi, parity added   float forms
///   scale     f32[channels]                      float forms
///   offset    f32[channels]                      forms with d
///   m, r_positive, r_negative  s64[channels], shift u64[channels]      exact forms
///   exact_blocks  u8[channels / block]           mixed: 1 where the block takes the exact form
class Epilogue {
public:
    Epilogue(const EpilogueSpec &spec, Signature &signature);

    /// The stored 8-bit output of accumulator `acc` in channel `c`.
    Halide::Expr operator()(const Halide::Expr &acc, const Halide::Expr &c) const;

    /// The argument of the fixed forms.
    const Halide::ImageParam &constants() const { return constants_; }

private:
    Halide::Expr float_form(const Halide::Expr &acc, const Halide::Expr &c) const;
    Halide::Expr exact_form(const Halide::Expr &acc, const Halide::Expr &c) const;
    Halide::Expr fixed_form(const Halide::Expr &acc, const Halide::Expr &c) const;

    EpilogueSpec spec_;
    Halide::ImageParam constants_, range_, float_range_, scale_, offset_, m_, r_positive_,
        r_negative_, shift_, exact_blocks_;
};

/// clamp(q, lo, hi) as `out`, which holds lo and hi; the limits of `out` itself cost one
/// instruction on chips that saturate.
Halide::Expr saturate(Halide::Type out, const Halide::Expr &q, int lo, int hi);

/// floor(a * b / 2^31 + 1/2): gemmlowp's saturating rounding doubling high multiply, ties up.
Halide::Expr rounding_doubling_high_mul(const Halide::Expr &a, const Halide::Expr &b);

/// x / 2^exponent with ties away from zero (gemmlowp's RoundingDivideByPOT); exponent is unsigned.
Halide::Expr rounding_divide_by_pot(const Halide::Expr &x, const Halide::Expr &exponent);

} // namespace octet::generators
