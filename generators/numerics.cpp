#include "generators/numerics.h"

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

int EpilogueSpec::fixed_words() const {
    const bool wide = form == EpilogueForm::fixed || form == EpilogueForm::fixed_sign;
    return (wide ? 3 : 2) + (has_sign(form) ? 1 : 0);
}

int64_t EpilogueSpec::fixed_offset(int channel, int word) const {
    const int block = channel / fixed.lanes, lane = channel % fixed.lanes;
    return (int64_t(block) * fixed_words() + word) * fixed.lanes + lane;
}

namespace {

/// A channel's constant. Where the channel is a choice of two, both constants are read and the
/// choice is between them.
Expr at(const ImageParam &constants, const Expr &c) {
    if (const auto *choice = c.as<Internal::Select>())
        return select(choice->condition, constants(choice->true_value),
                      constants(choice->false_value));
    return constants(c);
}

} // namespace

Epilogue::Epilogue(const EpilogueSpec &spec, Signature &signature) : spec_(spec) {
    const std::vector<int> per_channel = {spec.channels};
    if (is_fixed(spec.form)) {
        const int lanes = spec.fixed.lanes;
        constants_ =
            signature.input("constants", Int(32),
                            {lanes, spec.fixed_words(), spec.channels / lanes}, {}, 4 * lanes);
        return;
    }
    range_ = signature.input("range", Int(32), {3});
    if (spec.has_float()) {
        float_range_ = signature.input("float_range", Float(32), {3});
        scale_ = signature.input("scale", Float(32), per_channel, {}, 64);
    }
    if (spec.has_offset())
        offset_ = signature.input("offset", Float(32), per_channel, {}, 64);
    if (spec.has_exact()) {
        m_ = signature.input("m", Int(64), per_channel, {}, 64);
        r_positive_ = signature.input("r_positive", Int(64), per_channel, {}, 64);
        r_negative_ = signature.input("r_negative", Int(64), per_channel, {}, 64);
        shift_ = signature.input("shift", UInt(64), per_channel, {}, 64);
    }
    if (spec.form == EpilogueForm::mixed)
        exact_blocks_ = signature.input("exact_blocks", UInt(8), {spec.channels / spec.block});
}

Expr Epilogue::float_form(const Expr &acc, const Expr &c) const {
    const Type out = type_from_name(spec_.out_type);
    Expr value = f32(acc);
    if (spec_.form == EpilogueForm::scale_offset)
        value += at(offset_, c);
    else if (spec_.has_offset()) // The sign bit of acc moved onto d, which is not negative.
        value += reinterpret<float>(reinterpret<int32_t>(at(offset_, c)) | (acc & Int(32).min()));
    const Expr product = value * at(scale_, c);
    const Expr rounded = (spec_.fused ? product : strict_float(product)) + float_range_(0);
    if (spec_.narrow) {
        // The low 16 bits are the output before its clamp.
        Expr wide = i16(reinterpret<int32_t>(rounded));
        if (!spec_.fused)
            wide -= i16(range_(2));
        return clamp(saturating_cast(out, wide), cast(out, range_(0)), cast(out, range_(1)));
    }
    const Expr clamped = clamp(rounded, float_range_(1), float_range_(2));
    const Expr stored = cast(out, reinterpret<int32_t>(clamped));
    return spec_.fused ? stored : stored - cast(out, range_(2));
}

Expr Epilogue::exact_form(const Expr &acc, const Expr &c) const {
    const Type out = type_from_name(spec_.out_type);
    const Expr rounding = select(acc < 0, at(r_negative_, c), at(r_positive_, c));
    const Expr q = (i64(acc) * at(m_, c) + rounding) >> at(shift_, c);
    return cast(out, clamp(q, i64(range_(0)), i64(range_(1))));
}

Expr Epilogue::fixed_form(const Expr &acc, const Expr &c) const {
    const FixedEpilogue &fixed = spec_.fixed;
    const auto word_of = [&](const Expr &channel, int i) {
        return constants_(channel % fixed.lanes, i, channel / fixed.lanes);
    };
    const auto word = [&](int i) {
        const auto *choice = c.as<Internal::Select>();
        return choice ? select(choice->condition, word_of(choice->true_value, i),
                               word_of(choice->false_value, i))
                      : word_of(c, i);
    };
    const int last = spec_.fixed_words() - 1;
    const Expr shifted = fixed.left ? acc << fixed.left : acc;
    const Expr correction = has_sign(spec_.form) ? (acc >> 31) & word(last) : Expr(0);
    Expr sum;
    switch (spec_.form) {
    case EpilogueForm::fixed:
    case EpilogueForm::fixed_sign: {
        // Both widening products are added to the pair of words r.
        Expr wide = i64(shifted) * i64(word(2)) + ((i64(word(1)) << 32) | i64(u32(word(0))));
        if (has_sign(spec_.form))
            wide += i64(acc >> 31) * i64(word(last));
        sum = i32(wide >> 32);
        break;
    }
    case EpilogueForm::high:
    case EpilogueForm::high_sign:
        sum = i32((i64(shifted) * i64(word(1))) >> 32) + (word(0) - correction);
        break;
    case EpilogueForm::doubling:
    case EpilogueForm::doubling_sign:
        sum = rounding_doubling_high_mul(shifted, word(1)) + word(0) - correction;
        break;
    default: {
        const Expr low = u32(acc & ((1 << fixed.left) - 1)) * u32(word(1));
        sum = (acc >> fixed.left) * word(1) + i32(low >> fixed.left) + word(0) - correction;
    }
    }
    return saturate(type_from_name(spec_.out_type), sum >> fixed.shift, fixed.lo, fixed.hi);
}

Expr Epilogue::operator()(const Expr &acc, const Expr &c) const {
    switch (spec_.form) {
    case EpilogueForm::scale:
    case EpilogueForm::scale_offset:
    case EpilogueForm::scale_copysign:
        return float_form(acc, c);
    case EpilogueForm::exact:
        return exact_form(acc, c);
    case EpilogueForm::mixed: {
        // A branch, not a select: only one of the forms is computed.
        const Expr exact = exact_form(acc, c), fast = float_form(acc, c);
        return Internal::Call::make(exact.type(), Internal::Call::if_then_else,
                                    {exact_blocks_(c / spec_.block) != u8(0), exact, fast},
                                    Internal::Call::PureIntrinsic);
    }
    default:
        return fixed_form(acc, c);
    }
}

Expr saturate(Type out, const Expr &q, int lo, int hi) {
    Expr result = saturating_cast(out, q);
    if (out.can_represent(int64_t(lo) - 1))
        result = max(result, cast(out, lo));
    if (out.can_represent(int64_t(hi) + 1))
        result = min(result, cast(out, hi));
    return result;
}

Expr rounding_doubling_high_mul(const Expr &a, const Expr &b) {
    return rounding_mul_shift_right(a, b, 31);
}

Expr rounding_divide_by_pot(const Expr &x, const Expr &exponent) {
    // rounding_shift_right rounds ties up; taking one from negative values first turns that into
    // ties away from zero. Nothing is to be rounded when the exponent is 0.
    return rounding_shift_right(saturating_add(x, select(exponent > 0, x >> 31, 0)), exponent);
}

} // namespace octet::generators
