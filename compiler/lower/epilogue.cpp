#include "compiler/lower/epilogue.h"

#include "compiler/lower/epilogue_steps.h"
#include "compiler/support/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet::lower {

int32_t rounding_parity(int32_t zero_point, bool fused) {
    return fused ? 0 : zero_point & 1;
}

using generators::EpilogueForm;
using generators::rounding_magic;

namespace {

int32_t exact_output(const EpilogueChannel &channel, const OutputRange &range, int64_t acc) {
    const int64_t q = int64_t(channel.requantize(int32_t(acc))) + range.zero_point;
    return int32_t(std::clamp<int64_t>(q, range.lo, range.hi));
}

/// Smallest accumulator in (lo, hi] with output >= k, given output(lo) < k <= output(hi): a guess
/// from the slope brackets it, bisection ends the search.
int64_t find_threshold(const EpilogueChannel &channel, const OutputRange &range, int32_t k,
                       int64_t lo, int64_t hi) {
    const double guess = channel.slope > 0 ? (k - range.zero_point - 0.5) / channel.slope : 0;
    for (const double edge : {guess - 2, guess + 3}) {
        if (!(edge > double(lo) && edge < double(hi)))
            continue;
        const int64_t at = int64_t(edge);
        (exact_output(channel, range, at) >= k ? hi : lo) = at;
    }
    while (hi - lo > 1) {
        const int64_t middle = lo + (hi - lo) / 2;
        (exact_output(channel, range, middle) >= k ? hi : lo) = middle;
    }
    return hi;
}

} // namespace

Steps find_steps(const EpilogueChannel &channel, const OutputRange &range) {
    Steps result;
    result.acc_min = channel.acc_min;
    result.acc_max = channel.acc_max;
    result.at_min = exact_output(channel, range, channel.acc_min);
    result.at_max = exact_output(channel, range, channel.acc_max);
    int64_t previous = channel.acc_min;
    for (int32_t k = result.at_min + 1; k <= result.at_max; ++k) {
        // A step of more than one output value shares its threshold with the next.
        if (exact_output(channel, range, previous) < k)
            previous = find_threshold(channel, range, k, previous, channel.acc_max);
        result.steps.push_back({previous, k});
    }
    return result;
}

namespace {

enum class Sign { none, positive, copy };

/// The float forms in the kernel's arithmetic.
int32_t float_output(int64_t acc, float scale, float offset, Sign sign, const OutputRange &range,
                     bool fused) {
    float value = float(int32_t(acc));
    if (sign == Sign::positive)
        value += offset;
    else if (sign == Sign::copy)
        value += acc < 0 ? -offset : offset;
    const int32_t parity = rounding_parity(range.zero_point, fused);
    const float base = rounding_magic + float(range.zero_point + parity);
    const float product = value * scale;
    const float rounded = fused ? std::fma(value, scale, base) : product + base;
    const float clamped = std::clamp(rounded, rounding_magic + float(range.lo + parity),
                                     rounding_magic + float(range.hi + parity));
    return int32_t(clamped - rounding_magic) - parity;
}

struct FloatConstants {
    float scale = 0, offset = 0;
};

bool float_proven(const Steps &steps, const FloatConstants &constants, Sign sign,
                  const OutputRange &range, bool fused) {
    return proven(steps, [&](int64_t acc) {
        return float_output(acc, constants.scale, constants.offset, sign, range, fused);
    });
}

/// The interval of offsets d for which (acc +- d) * scale crosses k - 1/2 at every threshold.
std::pair<double, double> offset_interval(const Steps &steps, double scale, Sign sign,
                                          const OutputRange &range) {
    double lo = -std::numeric_limits<double>::infinity(), hi = -lo;
    for (const auto &[acc, k] : steps.steps) {
        const double crossing = (k - range.zero_point - 0.5) / scale;
        const auto at_least = [&](double at) { // at + sign * d >= crossing
            if (sign == Sign::copy && at < 0)
                hi = std::min(hi, at - crossing);
            else
                lo = std::max(lo, crossing - at);
        };
        const auto less = [&](double at) { // at + sign * d < crossing
            if (sign == Sign::copy && at < 0)
                lo = std::max(lo, at - crossing);
            else
                hi = std::min(hi, crossing - at);
        };
        at_least(double(acc));
        less(double(acc - 1));
    }
    return {lo, hi};
}

/// Multipliers near the true one, nearest first.
std::vector<float> candidate_scales(double slope) {
    std::vector<float> scales = {float(slope)};
    float below = scales[0], above = scales[0];
    for (int i = 0; i < 12; ++i) {
        below = std::nextafter(below, 0.0f);
        above = std::nextafter(above, std::numeric_limits<float>::infinity());
        scales.push_back(below);
        scales.push_back(above);
    }
    return scales;
}

std::optional<FloatConstants> solve_float(const Steps &steps, double slope, Sign sign,
                                          const OutputRange &range, bool fused) {
    for (const float scale : candidate_scales(slope)) {
        if (sign == Sign::none) {
            if (const FloatConstants constants{scale, 0};
                float_proven(steps, constants, sign, range, fused))
                return constants;
            continue;
        }
        auto [lo, hi] = offset_interval(steps, scale, sign, range);
        if (steps.steps.empty())
            lo = hi = 0;
        if (!(lo <= hi))
            continue;
        for (const double share : {0.5, 0.25, 0.75, 0.1, 0.9})
            if (const FloatConstants constants{scale, float(lo + (hi - lo) * share)};
                float_proven(steps, constants, sign, range, fused))
                return constants;
    }
    return std::nullopt;
}

} // namespace

std::optional<ExactConstants> solve_exact(const Steps &steps, double slope,
                                          const OutputRange &range) {
    const auto constant = [&](int32_t q) {
        const int64_t r = int64_t(q) << 31;
        return ExactConstants{0, r, r, 31};
    };
    if (steps.steps.empty())
        return constant(steps.at_min);

    // acc * m stays below 2^62 and so does the output, clamp included, times 2^shift.
    const double reach =
        std::max({std::abs(double(steps.acc_min)), std::abs(double(steps.acc_max)), 1.0});
    const double headroom = std::max({reach * slope, 512.0});
    const int shift = std::min(50, int(std::floor(61 - std::log2(headroom))));
    if (shift < 1)
        return std::nullopt;
    const int64_t m = std::llround(std::ldexp(slope, shift));
    const RoundingIntervals intervals =
        rounding_intervals(steps, range, shift, [m](int64_t acc) { return acc * m; });
    if (intervals.negative.empty() || intervals.positive.empty())
        return std::nullopt;
    const int64_t rounding = (int64_t(range.zero_point) << shift) + (int64_t{1} << (shift - 1));
    const ExactConstants result{m, intervals.positive.nearest(rounding),
                                intervals.negative.nearest(rounding), uint64_t(shift)};
    const auto formula = [&](int64_t acc) {
        const int64_t q = (acc * m + (acc < 0 ? result.r_negative : result.r_positive)) >> shift;
        return int32_t(std::clamp<int64_t>(q, range.lo, range.hi));
    };
    if (result.r_negative > result.r_positive + m || !proven(steps, formula))
        return std::nullopt;
    return result;
}

std::optional<size_t> add_exact_constants(const std::vector<EpilogueChannel> &channels,
                                          const std::vector<Steps> &steps, const OutputRange &range,
                                          int padded, const std::vector<bool> &chosen,
                                          EpilogueConstants &result) {
    result.m.assign(size_t(padded), 0);
    result.r_positive.assign(size_t(padded), int64_t(range.zero_point) << 31);
    result.r_negative = result.r_positive;
    result.shift.assign(size_t(padded), 31);
    for (size_t i = 0; i < channels.size(); ++i) {
        if (!chosen[i])
            continue;
        const auto exact = solve_exact(steps[i], channels[i].slope, range);
        if (!exact)
            return i;
        result.m[i] = exact->m;
        result.r_positive[i] = exact->r_positive;
        result.r_negative[i] = exact->r_negative;
        result.shift[i] = exact->shift;
    }
    return std::nullopt;
}

namespace {

/// The constants of all channels in one float form; empty where a channel has none.
struct FormSolutions {
    std::vector<std::optional<FloatConstants>> channels;
    bool complete = true;
};

FormSolutions solve_form(const std::vector<EpilogueChannel> &channels,
                         const std::vector<Steps> &steps, Sign sign, const OutputRange &range,
                         bool fused) {
    FormSolutions result;
    for (size_t i = 0; i < channels.size(); ++i) {
        // No offset is the simplest one.
        auto constants = solve_float(steps[i], channels[i].slope, Sign::none, range, fused);
        if (!constants && sign != Sign::none)
            constants = solve_float(steps[i], channels[i].slope, sign, range, fused);
        result.complete &= constants.has_value();
        result.channels.push_back(constants);
    }
    return result;
}

} // namespace

EpilogueConstants solve_epilogue(const std::vector<EpilogueChannel> &channels,
                                 const OutputRange &range, int padded, int block, bool fused) {
    std::vector<Steps> steps;
    for (const EpilogueChannel &channel : channels)
        steps.push_back(find_steps(channel, range));

    // The forms in the order of their cost; the last one is kept, as far as it goes, for `mixed`.
    struct Candidate {
        EpilogueForm form;
        Sign sign;
        bool fused;
    };
    EpilogueConstants result;
    result.channels = int(channels.size());
    FormSolutions solutions;
    for (const Candidate &candidate :
         {Candidate{EpilogueForm::scale, Sign::none, true},
          Candidate{EpilogueForm::scale, Sign::none, false},
          Candidate{EpilogueForm::scale_offset, Sign::positive, fused},
          Candidate{EpilogueForm::scale_copysign, Sign::copy, fused}}) {
        if (candidate.fused && !fused)
            continue;
        solutions = solve_form(channels, steps, candidate.sign, range, candidate.fused);
        result.form = candidate.form;
        result.fused = candidate.fused;
        if (solutions.complete)
            break;
    }
    if (!solutions.complete)
        result.form = EpilogueForm::mixed;

    // Padded channels multiply by 0 and so yield the zero point.
    result.scale.assign(size_t(padded), 0);
    result.offset.assign(size_t(padded), 0);
    double widest = 0;
    for (size_t i = 0; i < channels.size(); ++i) {
        const auto &chosen = solutions.channels[i];
        if (!chosen)
            continue;
        result.scale[i] = chosen->scale;
        result.offset[i] = chosen->offset;
        const double reach =
            std::max(std::abs(double(channels[i].acc_min)), std::abs(double(channels[i].acc_max)));
        widest = std::max(widest, (reach + std::abs(chosen->offset)) * chosen->scale);
    }
    result.narrow = widest + 512 < 32768;
    if (result.form != EpilogueForm::mixed)
        return result;

    result.exact_blocks.assign(size_t(padded / block), 0);
    for (size_t i = 0; i < channels.size(); ++i)
        if (!solutions.channels[i]) {
            result.exact_blocks[i / size_t(block)] = 1;
            ++result.exact_channels;
        }
    std::vector<bool> exact(channels.size());
    for (size_t i = 0; i < channels.size(); ++i)
        exact[i] = result.exact_blocks[i / size_t(block)] != 0;
    if (const auto i = add_exact_constants(channels, steps, range, padded, exact, result))
        throw Error("channel {}: no constants reproduce its rounding exactly (slope {}, "
                    "accumulators {} to {}); report this with the model",
                    *i, channels[*i].slope, channels[*i].acc_min, channels[*i].acc_max);
    if (std::find(result.exact_blocks.begin(), result.exact_blocks.end(), 0) ==
        result.exact_blocks.end())
        result.form = EpilogueForm::exact;
    return result;
}

} // namespace octet::lower
