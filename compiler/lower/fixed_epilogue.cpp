// Constants of the fixed forms: products by an integer m per channel, shifts that all channels of a
// kernel share.
//
// In each form q = (P(acc) + r) >> shift with a product P that is monotone in acc, so for a given m
// the thresholds bound r for the accumulators of either sign; one r serves both where these
// intervals meet, else d bridges them. The shifts are as large as the steepest channel and the
// widest sum allow, which gives m the most bits, and m itself is searched around the true slope.
#include "compiler/lower/epilogue_steps.h"

#include <cmath>

namespace octet::lower {

using generators::EpilogueForm;

namespace {

constexpr int64_t int32_max = std::numeric_limits<int32_t>::max();
constexpr int64_t int32_min = std::numeric_limits<int32_t>::min();

bool wide_sum(EpilogueForm form) {
    return form == EpilogueForm::fixed || form == EpilogueForm::fixed_sign;
}

bool splits(EpilogueForm form) {
    return form == EpilogueForm::split || form == EpilogueForm::split_sign;
}

/// Forms whose r a bias of the accumulators can refine (solve_bias).
bool takes_bias(EpilogueForm form) {
    return form == EpilogueForm::high || form == EpilogueForm::doubling ||
           form == EpilogueForm::doubling_sign;
}

EpilogueForm without_sign(EpilogueForm form) {
    switch (form) {
    case EpilogueForm::fixed_sign:
        return EpilogueForm::fixed;
    case EpilogueForm::high_sign:
        return EpilogueForm::high;
    case EpilogueForm::doubling_sign:
        return EpilogueForm::doubling;
    case EpilogueForm::split_sign:
        return EpilogueForm::split;
    default:
        return form;
    }
}

/// A kernel's form and shifts.
struct Shifts {
    EpilogueForm form;
    int shift = 0, left = 0;

    int total() const { return shift + (wide_sum(form) ? 32 : 0); }

    /// P(acc).
    int64_t product(int64_t acc, int64_t m) const {
        switch (without_sign(form)) {
        case EpilogueForm::fixed:
            return (acc << left) * m;
        case EpilogueForm::high:
            return ((acc << left) * m) >> 32;
        case EpilogueForm::doubling:
            return ((acc << left) * m + (int64_t{1} << 30)) >> 31;
        default:
            return (acc * m) >> left;
        }
    }

    /// The m of a channel of that slope.
    double multiplier(double slope) const {
        switch (without_sign(form)) {
        case EpilogueForm::fixed:
        case EpilogueForm::high:
            return std::ldexp(slope, 32 + shift - left);
        case EpilogueForm::doubling:
            return std::ldexp(slope, 31 + shift - left);
        default:
            return std::ldexp(slope, left + shift);
        }
    }

    /// The low bits of a split accumulator times m fill 32 bits.
    int64_t largest_multiplier() const {
        return splits(form) && left > 0 ? (int64_t{1} << (32 - left)) - 1 : int32_max;
    }
};

double reach_of(const EpilogueChannel &channel) {
    return double(std::max(std::abs(channel.acc_min), std::abs(channel.acc_max)));
}

/// The shifts of a form, or nothing when the accumulators or slopes leave none. With `plain` the
/// accumulators are taken as they are.
std::optional<Shifts> choose_shifts(const std::vector<EpilogueChannel> &channels,
                                    const std::vector<Steps> &steps, EpilogueForm form,
                                    bool plain) {
    double reach = 1, slope = 0, widest = 0;
    for (size_t i = 0; i < channels.size(); ++i) {
        reach = std::max(reach, reach_of(channels[i]));
        if (!steps[i].steps.empty())
            slope = std::max(slope, channels[i].slope);
        widest = std::max(widest, reach_of(channels[i]) * channels[i].slope);
    }
    const int room = plain ? 0 : int(std::floor(std::log2(double(int32_max) / reach)));
    // Outputs of 9 bits with sign, and what the accumulator gives, times 2^shift stay within int32.
    constexpr int most = 21;
    const int narrow = std::min(most, 30 - int(std::ceil(std::log2(widest + 257))));
    const auto fits = [&](const Shifts &shifts) {
        return shifts.multiplier(slope) <= double(shifts.largest_multiplier()) + 1;
    };
    if (wide_sum(form)) {
        for (int left = 0; left <= room; ++left)
            for (int shift = left ? 0 : most; shift >= 0; --shift)
                if (const Shifts shifts{form, shift, left}; fits(shifts))
                    return shifts;
        return std::nullopt;
    }
    for (int shift = narrow; shift >= 0; --shift)
        for (int left = splits(form) ? 31 : room; left >= (splits(form) ? 1 : room); --left)
            if (const Shifts shifts{form, shift, left}; fits(shifts))
                return shifts;
    return std::nullopt;
}

struct FixedConstants {
    int64_t m = 0, r = 0, d = 0;
    int64_t bias = 0; ///< added to the accumulator
};

/// True when no sum leaves its word, in whatever order it is formed.
bool within_word(const Steps &steps, const Shifts &shifts, const FixedConstants &constants) {
    if (wide_sum(shifts.form))
        return true; // |P| and |r| stay below 2^62.
    const int64_t lowest = shifts.product(steps.acc_min + constants.bias, constants.m);
    const int64_t highest = shifts.product(steps.acc_max + constants.bias, constants.m);
    const auto inside = [](int64_t value) { return value >= int32_min && value <= int32_max; };
    if (!inside(steps.acc_min + constants.bias) || !inside(steps.acc_max + constants.bias))
        return false;
    // The high part of a split product lies below the product by up to m.
    const int64_t high_part = splits(shifts.form) ? lowest - constants.m : lowest;
    return inside(constants.r) && inside(constants.r - constants.d) && inside(high_part) &&
           inside(highest) && inside(lowest + constants.r) &&
           inside(lowest + constants.r - constants.d) && inside(highest + constants.r) &&
           inside(highest + constants.r - constants.d);
}

/// r and d for a given m, not yet proven.
std::optional<FixedConstants> solve_rounding(const Steps &steps, const Shifts &shifts, int64_t m,
                                             const OutputRange &range) {
    const int shift = shifts.total();
    auto [negative, positive] = rounding_intervals(
        steps, range, shift, [&](int64_t acc) { return shifts.product(acc, m); });
    if (negative.empty() || positive.empty())
        return std::nullopt;
    const int64_t half = shift ? int64_t{1} << (shift - 1) : 0;
    const int64_t rounding = (int64_t(range.zero_point) << shift) + half;
    Interval both = positive;
    both.at_least(negative.lo);
    both.at_most(negative.hi);
    if (!both.empty())
        return FixedConstants{m, both.nearest(rounding), 0};
    if (!has_sign(shifts.form))
        return std::nullopt;
    const int64_t r = positive.nearest(rounding), r_negative = negative.nearest(rounding);
    if (r < r_negative || r - r_negative > int32_max)
        return std::nullopt;
    return FixedConstants{m, r, r - r_negative};
}

/// The same for `high` and `doubling` on plain accumulators. What they keep of the product is too
/// coarse for r to place every threshold, but with its low bits it is not: what r would need below
/// its last bit, some small bias times m has.
std::optional<FixedConstants> solve_bias(const Steps &steps, const Shifts &shifts, int64_t m,
                                         const OutputRange &range) {
    const bool doubling = without_sign(shifts.form) == EpilogueForm::doubling;
    const int low_bits = doubling ? 31 : 32;
    const int64_t word = int64_t{1} << low_bits, nudge = doubling ? word / 2 : 0;
    const int shift = shifts.shift + low_bits;
    auto [negative, positive] =
        rounding_intervals(steps, range, shift, [m](int64_t acc) { return acc * m; });
    if (!has_sign(shifts.form)) {
        positive.at_least(negative.lo);
        positive.at_most(negative.hi);
        negative = positive;
    }
    if (negative.empty() || positive.empty())
        return std::nullopt;
    const int64_t rounding = (int64_t(range.zero_point) << shift) + (int64_t{1} << (shift - 1));
    // The r that, with this bias, comes nearest to an interval's best place, if it lies inside.
    const auto rounded = [&](const Interval &interval, int64_t bias) -> std::optional<int64_t> {
        const int64_t besides = nudge + bias * m;
        const int64_t r = (interval.nearest(rounding) - besides + word / 2) >> low_bits;
        const int64_t sum = r * word + besides;
        return sum >= interval.lo && sum <= interval.hi ? std::optional(r) : std::nullopt;
    };
    // Multiples of m leave ever smaller remainders; within this many one of them nearly always
    // fits.
    constexpr int64_t most = 1 << 18;
    for (int64_t distance = 0; distance <= most; ++distance)
        for (const int64_t bias : {distance, -distance}) {
            const auto r = rounded(positive, bias), r_negative = rounded(negative, bias);
            if (r && r_negative && *r >= *r_negative)
                return FixedConstants{m, *r, *r - *r_negative, bias};
        }
    return std::nullopt;
}

/// clamp((P(acc) + r) >> shift) in the kernel's words.
int32_t output_of(const Shifts &shifts, const FixedConstants &constants, const OutputRange &range,
                  int32_t acc) {
    const auto [m, r, d, bias] = constants;
    acc += int32_t(bias);
    const int32_t sign = acc >> 31;
    int32_t sum = 0;
    switch (without_sign(shifts.form)) {
    case EpilogueForm::fixed:
        sum = int32_t((int64_t(acc << shifts.left) * m + r + sign * d) >> 32);
        break;
    case EpilogueForm::high:
        sum = int32_t((int64_t(acc << shifts.left) * m) >> 32) + int32_t(r - (sign & d));
        break;
    case EpilogueForm::doubling:
        sum = reference::saturating_rounding_doubling_high_mul(acc << shifts.left, int32_t(m));
        sum += int32_t(r - (sign & d));
        break;
    default: {
        const uint32_t low = uint32_t(acc & ((1 << shifts.left) - 1)) * uint32_t(m);
        sum = (acc >> shifts.left) * int32_t(m) + int32_t(low >> shifts.left);
        sum += int32_t(r - (sign & d));
    }
    }
    return std::clamp(sum >> shifts.shift, range.lo, range.hi);
}

/// Proven constants of one channel.
std::optional<FixedConstants> solve_channel(const Steps &steps, const Shifts &shifts, double slope,
                                            const OutputRange &range, bool biased) {
    const auto accept = [&](int64_t m) -> std::optional<FixedConstants> {
        const auto constants =
            biased ? solve_bias(steps, shifts, m, range) : solve_rounding(steps, shifts, m, range);
        if (!constants || !within_word(steps, shifts, *constants))
            return std::nullopt;
        const auto formula = [&](int64_t acc) {
            return output_of(shifts, *constants, range, int32_t(acc));
        };
        return proven(steps, formula) ? constants : std::nullopt;
    };
    if (steps.steps.empty())
        return accept(0);
    const int64_t nearest = std::llround(shifts.multiplier(slope));
    constexpr int64_t reach = 32;
    for (int64_t distance = 0; distance <= reach; ++distance)
        for (const int64_t m : {nearest + distance, nearest - distance})
            if (m >= 0 && m <= shifts.largest_multiplier())
                if (const auto constants = accept(m))
                    return constants;
    return std::nullopt;
}

/// All channels in one form; nothing when one of them has no constants. `biased`: see solve_bias.
std::optional<EpilogueConstants> solve_form(const std::vector<EpilogueChannel> &channels,
                                            const std::vector<Steps> &steps,
                                            const OutputRange &range, int padded, EpilogueForm form,
                                            bool biased) {
    const auto shifts = choose_shifts(channels, steps, form, biased);
    if (!shifts)
        return std::nullopt;
    EpilogueConstants result;
    result.form = form;
    result.channels = int(channels.size());
    result.fixed_shift = shifts->shift;
    result.fixed_left = shifts->left;
    result.m.assign(size_t(padded), 0);
    result.r.assign(size_t(padded), int64_t(range.zero_point) << shifts->total());
    result.d.assign(size_t(padded), 0);
    result.bias.assign(size_t(padded), 0);
    for (size_t i = 0; i < channels.size(); ++i) {
        const auto constants = solve_channel(steps[i], *shifts, channels[i].slope, range, biased);
        if (!constants)
            return std::nullopt;
        result.m[i] = constants->m;
        result.r[i] = constants->r;
        result.d[i] = int32_t(constants->d);
        result.bias[i] = int32_t(constants->bias);
    }
    return result;
}

} // namespace

std::optional<EpilogueConstants> solve_fixed_epilogue(const std::vector<EpilogueChannel> &channels,
                                                      const OutputRange &range, int padded,
                                                      const std::vector<EpilogueForm> &forms,
                                                      bool biased) {
    std::vector<Steps> steps;
    for (const EpilogueChannel &channel : channels)
        steps.push_back(find_steps(channel, range));
    for (const EpilogueForm form : forms) {
        if (biased && takes_bias(form))
            if (auto solved = solve_form(channels, steps, range, padded, form, true))
                return solved;
        if (auto solved = solve_form(channels, steps, range, padded, form, false))
            return solved;
    }
    EpilogueConstants result;
    result.form = EpilogueForm::exact;
    result.channels = result.exact_channels = int(channels.size());
    const std::vector<bool> all(channels.size(), true);
    if (add_exact_constants(channels, steps, range, padded, all, result))
        return std::nullopt;
    return result;
}

int32_t fixed_output(const EpilogueConstants &constants, size_t channel, const OutputRange &range,
                     int32_t acc) {
    return output_of(
        {constants.form, constants.fixed_shift, constants.fixed_left},
        {constants.m[channel], constants.r[channel], constants.d[channel], constants.bias[channel]},
        range, acc);
}

} // namespace octet::lower
