// What the epilogues' solvers share: the exact function of a channel as a list of thresholds, the
// proof that a formula is that function, and what the thresholds allow a rounding constant to be.
#pragma once

#include "compiler/lower/epilogue.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace octet::lower {

/// The exact function of one channel as its thresholds inside the reachable range.
struct Steps {
    struct Step {
        int64_t acc; ///< smallest accumulator with output >= k
        int32_t k;
    };
    std::vector<Step> steps;
    int64_t acc_min = 0, acc_max = 0;
    int32_t at_min = 0, at_max = 0; ///< outputs at the ends
};

Steps find_steps(const EpilogueChannel &channel, const OutputRange &range);

/// True when `formula`, monotone by construction, is the same function as the steps.
template <typename Formula>
bool proven(const Steps &steps, const Formula &formula) {
    if (formula(steps.acc_min) != steps.at_min || formula(steps.acc_max) != steps.at_max)
        return false;
    for (const auto &[acc, k] : steps.steps)
        if (formula(acc) < k || formula(acc - 1) >= k)
            return false;
    return true;
}

/// Inclusive; unbounded where no threshold has that sign.
struct Interval {
    int64_t lo = std::numeric_limits<int64_t>::min(), hi = std::numeric_limits<int64_t>::max();

    bool empty() const { return lo > hi; }
    int64_t nearest(int64_t value) const { return std::clamp(value, lo, hi); }
    void at_least(int64_t value) { lo = std::max(lo, value); }
    void at_most(int64_t value) { hi = std::min(hi, value); }
};

/// The r for which clamp((product(acc) + r) >> shift) has the steps, by the sign of acc.
struct RoundingIntervals {
    Interval negative, positive;
    Interval &of(int64_t acc) { return acc < 0 ? negative : positive; }
};

/// `product` is monotone, and |product| below 2^62; so is the largest output times 2^shift.
template <typename Product>
RoundingIntervals rounding_intervals(const Steps &steps, const OutputRange &range, int shift,
                                     const Product &product) {
    RoundingIntervals result;
    const auto at_least = [&](int64_t acc, int32_t k) {
        result.of(acc).at_least((int64_t(k) << shift) - product(acc));
    };
    const auto below = [&](int64_t acc, int32_t k) {
        result.of(acc).at_most((int64_t(k) << shift) - 1 - product(acc));
    };
    for (const auto &[acc, k] : steps.steps) {
        at_least(acc, k);
        below(acc - 1, k);
    }
    if (steps.at_min > range.lo)
        at_least(steps.acc_min, steps.at_min);
    if (steps.at_max < range.hi)
        below(steps.acc_max, steps.at_max + 1);
    return result;
}

/// q = (acc * m + (acc < 0 ? r_negative : r_positive)) >> shift.
struct ExactConstants {
    int64_t m = 0, r_positive = 0, r_negative = 0;
    uint64_t shift = 31;
};

/// The 64-bit form: (acc * m + r) >> shift with as many bits of m as the accumulator leaves room
/// for, r from the interval that the thresholds allow for each sign of acc.
std::optional<ExactConstants> solve_exact(const Steps &steps, double slope,
                                          const OutputRange &range);

/// Gives `result` the constants of the 64-bit form for the channels that are `chosen`, and those
/// that yield the zero point for the others. Returns the first chosen channel that has none.
std::optional<size_t> add_exact_constants(const std::vector<EpilogueChannel> &channels,
                                          const std::vector<Steps> &steps, const OutputRange &range,
                                          int padded, const std::vector<bool> &chosen,
                                          EpilogueConstants &result);

} // namespace octet::lower
