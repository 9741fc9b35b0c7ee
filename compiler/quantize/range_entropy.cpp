#include "compiler/quantize/range_bins.h"
#include "compiler/quantize/range_search.h"

#include <cmath>
#include <limits>

namespace octet::quantize {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double p_log_p(double p) {
    return p > 0 ? p * std::log(p) : 0;
}

/// Bins of one level of the grid: what Q spreads and what P has there.
struct Level {
    double integer = 0, kept = 0, with_clipped = 0;
    int64_t occupied = 0;

    /// -sum P log q over its bins, in counts.
    double cross_entropy() const {
        if (with_clipped == 0)
            return 0;
        return kept > 0 ? -with_clipped * std::log(kept / double(occupied)) : infinity;
    }
};

/// With P and Q in counts, N of all values and M of those that are not clipped,
///     sum P/N log((P/N) / (Q/M)) = (sum P log P - sum P log Q) / N + log(M / N).
double divergence(const Bins &bins, const Affine &affine, const Grid &grid) {
    if (bins.total == 0)
        return 0;
    const auto position = [&](size_t i) {
        return (bins.edges[i] + bins.edges[i + 1]) / 2 / affine.scale + affine.zero_point;
    };
    size_t begin = 0, end = bins.size();
    double below = 0, above = 0;
    while (begin < end && position(begin) < grid.lowest() - 0.5)
        below += bins.mass[begin++];
    while (begin < end && position(end - 1) >= grid.highest() + 0.5)
        above += bins.mass[--end];
    const double kept = bins.total - below - above;
    if (begin == end || kept <= 0)
        return infinity;

    double entropy = 0, cross = 0;
    Level level;
    for (size_t i = begin; i < end; i++) {
        const double integer = grid.lowest() + std::floor(position(i) - grid.lowest() + 0.5);
        if (i == begin || integer != level.integer) {
            cross += level.cross_entropy();
            level = {.integer = integer};
        }
        const double p = bins.mass[i] + (i == begin ? below : 0) + (i + 1 == end ? above : 0);
        entropy += p_log_p(p);
        level.kept += bins.mass[i];
        level.with_clipped += p;
        level.occupied += p > 0;
    }
    cross += level.cross_entropy();
    return std::max(0.0, (entropy + cross) / bins.total + std::log(kept / bins.total));
}

} // namespace

double divergence(const Histogram &histogram, const Affine &affine, const Grid &grid) {
    return divergence(Bins(histogram), affine, grid);
}

Range least_divergence(const Histogram &histogram, const Grid &grid) {
    const Bins bins(histogram);
    const double fewest = grid.levels() * bins.width;
    return search_range(bins, Freedom::threshold, [&](Range range) {
        const bool widest = range.lo <= histogram.min() && range.hi >= histogram.max();
        if (!widest && double(range.hi) - double(range.lo) < fewest)
            return infinity;
        return divergence(bins, scale_and_zero_point(range, grid), grid);
    });
}

} // namespace octet::quantize
