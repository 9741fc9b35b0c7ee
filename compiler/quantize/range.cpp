#include "compiler/quantize/range.h"

#include "compiler/support/error.h"

#include <algorithm>

namespace octet::quantize {
namespace {

/// The value below which `rank` of a bin's values lie: spread evenly, with exact zeros at zero.
double inside_bin(const Histogram &histogram, int64_t k, double rank) {
    const double width = histogram.bin_width();
    const double lo = std::max(double(k) * width, double(histogram.min()));
    const double hi = std::min(double(k + 1) * width, double(histogram.max()));
    double count = double(histogram.count_of(k));
    if (k == 0) { // Zeros come first, because the bin begins there.
        const double zeros = double(histogram.zeros());
        if (rank <= zeros)
            return 0;
        rank -= zeros;
        count -= zeros;
    }
    return lo + (hi - lo) * std::min(1.0, rank / count);
}

} // namespace

std::string_view name_of(Method method) {
    switch (method) {
    case Method::minmax:
        return "minmax";
    case Method::average:
        return "average";
    case Method::percentile:
        return "percentile";
    case Method::mse:
        return "mse";
    case Method::entropy:
        return "entropy";
    }
    return "";
}

double quantile(const Histogram &histogram, double q) {
    double rank = std::clamp(q, 0.0, 1.0) * double(histogram.count());
    if (histogram.empty() || q <= 0)
        return histogram.min();
    for (int64_t k = histogram.first_bin(); k <= histogram.last_bin(); k++) {
        const double count = double(histogram.count_of(k));
        if (count > 0 && rank <= count)
            return inside_bin(histogram, k, rank);
        rank -= count;
    }
    return histogram.max();
}

Range choose_range(const TensorStatistics &statistics, Method method, const Grid &grid,
                   double percentile) {
    const Histogram &histogram = statistics.histogram;
    if (histogram.empty())
        return {};
    Range range{histogram.min(), histogram.max()};
    switch (method) {
    case Method::minmax:
        break;
    case Method::average:
        range = {float(statistics.sum_of_minima / double(statistics.samples)),
                 float(statistics.sum_of_maxima / double(statistics.samples))};
        break;
    case Method::percentile:
        if (!(percentile > 50 && percentile <= 100))
            throw UsageError("percentile: {} is not above 50 and at most 100; choose 99.99",
                             percentile);
        range = {float(quantile(histogram, 1 - percentile / 100)),
                 float(quantile(histogram, percentile / 100))};
        break;
    case Method::mse:
        range = least_squared_error(histogram, grid);
        break;
    case Method::entropy:
        range = least_divergence(histogram, grid);
        break;
    }
    return {std::min(range.lo, 0.0f), std::max(range.hi, 0.0f)};
}

} // namespace octet::quantize
