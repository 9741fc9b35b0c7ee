#include "compiler/quantize/histogram.h"
#include "compiler/report/quantization_report.h"

#include <algorithm>
#include <cmath>

namespace octet::report {
namespace {

/// Bars without counts; a single value gets some room around it.
Distribution bars_between(double lo, double hi, int bars) {
    const double room = lo < hi ? 0 : std::max(std::fabs(lo), 1e-6) / 2;
    return {lo - room, hi + room, std::vector<double>(size_t(bars))};
}

size_t bar_of(const Distribution &distribution, double value) {
    const double bars = double(distribution.counts.size());
    const double bar = (value - distribution.lo) / (distribution.hi - distribution.lo) * bars;
    return size_t(std::clamp(std::floor(bar), 0.0, bars - 1));
}

} // namespace

Distribution distribution_of(std::span<const float> values, double lo, double hi, int bars) {
    Distribution distribution = bars_between(lo, hi, bars);
    for (float value : values)
        if (std::isfinite(value))
            distribution.counts[bar_of(distribution, double(value))]++;
    return distribution;
}

Distribution distribution_of(const quantize::Histogram &histogram, int bars) {
    if (histogram.empty())
        return {};
    const double min = histogram.min(), max = histogram.max();
    Distribution distribution = bars_between(min, max, bars);
    const double width = (distribution.hi - distribution.lo) / bars;
    for (int64_t k = histogram.first_bin(); k <= histogram.last_bin(); k++) {
        const double begin = std::max(min, double(k) * histogram.bin_width());
        const double end = std::min(max, double(k + 1) * histogram.bin_width());
        const double zeros = k == 0 ? double(histogram.zeros()) : 0; // All in one place.
        const double spread = double(histogram.count_of(k)) - zeros;
        if (zeros > 0)
            distribution.counts[bar_of(distribution, 0)] += zeros;
        if (end <= begin) {
            distribution.counts[bar_of(distribution, begin)] += spread;
            continue;
        }
        for (size_t bar = bar_of(distribution, begin); bar <= bar_of(distribution, end); bar++) {
            const double from = distribution.lo + double(bar) * width;
            const double overlap = std::min(end, from + width) - std::max(begin, from);
            distribution.counts[bar] += spread * std::max(0.0, overlap) / (end - begin);
        }
    }
    return distribution;
}

} // namespace octet::report
