#include "compiler/quantize/kmeans_points.h"

#include "compiler/support/error.h"

#include <limits>

namespace octet::quantize {
namespace {

using kmeans::Places;
using kmeans::Points;

/// Scales tried: the outermost centroid at 64 to 127 in steps of a quarter.
constexpr double least_integer = 64, most_integer = 127.25, integer_step = 0.25;
/// How often the optimum for a scale is computed, and which share of the error is worth a step.
constexpr int most_optima = 3;
constexpr double least_gain = 1e-6;

struct Found {
    double scale = 1;
    std::vector<double> centroids; ///< multiples of the scale
    double error = std::numeric_limits<double>::infinity();
};

/// The scale that fits best while every point keeps its integer: sum w x q / sum w q^2.
double refit(const Points &points, const Found &found) {
    double xq = 0, qq = 0;
    size_t begin = 0;
    for (size_t c = 0; c < found.centroids.size(); c++) {
        const size_t end = c + 1 < found.centroids.size()
                               ? points.boundary(found.centroids[c], found.centroids[c + 1])
                               : points.size();
        if (begin == end)
            continue;
        const double q = std::round(found.centroids[c] / found.scale);
        xq += points.weight(begin, end) * points.mean(begin, end) * q;
        qq += points.weight(begin, end) * q * q;
        begin = end;
    }
    return qq > 0 && xq > 0 ? double(float(xq / qq)) : found.scale;
}

Found search(const Points &points, const ClusterOptions &options) {
    const std::vector<double> ideal = kmeans::best(points, options, {});
    double outermost = 0;
    for (double centroid : ideal)
        outermost = std::max(outermost, std::fabs(centroid));
    Found best;
    if (outermost == 0)
        return {1, ideal, kmeans::error(points, ideal)};
    for (double integer = most_integer; integer >= least_integer; integer -= integer_step) {
        Found next{double(float(outermost / integer)), ideal};
        kmeans::iterate(points, options.keep_zero, Places{next.scale}, next.centroids);
        next.error = kmeans::error(points, next.centroids);
        if (next.error < best.error)
            best = std::move(next);
    }
    // Cheap steps as long as they help, then the optimum for that scale, which may move it again.
    for (int optimum = 0; optimum < most_optima;) {
        Found next{refit(points, best), best.centroids};
        kmeans::iterate(points, options.keep_zero, Places{next.scale}, next.centroids);
        next.error = kmeans::error(points, next.centroids);
        if (!(next.error < best.error * (1 - least_gain))) {
            next = {best.scale, kmeans::best(points, options, Places{best.scale})};
            next.error = kmeans::error(points, next.centroids);
            optimum++;
            if (!(next.error < best.error * (1 - least_gain)))
                break;
        }
        best = std::move(next);
    }
    return best;
}

} // namespace

IntegerClustering cluster_integers(std::span<const float> values, std::span<const float> importance,
                                   const ClusterOptions &options, float scale) {
    kmeans::check(values, importance, options);
    if (!(scale >= 0) || !std::isfinite(scale))
        throw UsageError("clustering: scale {} is not positive", scale);
    const Points points(values, importance);
    Found found;
    if (scale > 0)
        found = {double(scale), kmeans::best(points, options, Places{double(scale)})};
    else
        found = search(points, options);

    IntegerClustering result;
    result.scale = float(found.scale);
    for (double centroid : found.centroids)
        result.centroids.push_back(int8_t(std::lround(centroid / found.scale)));
    result.error = kmeans::assign(values, importance, found.centroids, result.indices);
    return result;
}

} // namespace octet::quantize
