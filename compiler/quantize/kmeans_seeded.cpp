#include "compiler/quantize/kmeans_points.h"

#include <limits>
#include <random>

namespace octet::quantize::kmeans {
namespace {

constexpr int most_iterations = 300;

/// k-means++: each next centroid is a point drawn with the probability of its present error.
std::vector<double> draw(const Points &points, const ClusterOptions &options,
                         std::mt19937_64 &random) {
    const auto uniform = [&] { return double(random() >> 11) * 0x1p-53; };
    std::vector<double> errors(points.size()), centroids;
    for (size_t i = 0; i < points.size(); i++)
        errors[i] = points.weight(i, i + 1);
    const auto take = [&](double centroid) {
        const bool first = centroids.empty();
        centroids.push_back(centroid);
        for (size_t i = 0; i < points.size(); i++) {
            const double off = points.x(i) - centroid;
            const double error = points.weight(i, i + 1) * off * off;
            errors[i] = first ? error : std::min(errors[i], error);
        }
    };
    if (options.keep_zero)
        take(0);
    while (int(centroids.size()) < options.clusters) {
        double total = 0;
        for (double error : errors)
            total += error;
        if (total <= 0)
            break; // Every point is a centroid.
        double rest = uniform() * total;
        size_t i = 0;
        while (i + 1 < points.size() && (rest >= errors[i] || errors[i] == 0))
            rest -= errors[i++];
        take(points.x(i));
    }
    return centroids;
}

void sort_distinct(std::vector<double> &centroids) {
    std::sort(centroids.begin(), centroids.end());
    centroids.erase(std::unique(centroids.begin(), centroids.end()), centroids.end());
}

} // namespace

void iterate(const Points &points, bool keep_zero, Places places, std::vector<double> &centroids) {
    for (double &centroid : centroids)
        centroid = places.nearest(centroid);
    sort_distinct(centroids);
    for (int iteration = 0; iteration < most_iterations; iteration++) {
        std::vector<double> moved;
        size_t begin = 0;
        for (size_t c = 0; c < centroids.size(); c++) {
            const size_t end = c + 1 < centroids.size()
                                   ? points.boundary(centroids[c], centroids[c + 1])
                                   : points.size();
            const bool stays = begin == end || (keep_zero && centroids[c] == 0);
            moved.push_back(stays ? centroids[c] : places.nearest(points.mean(begin, end)));
            begin = end;
        }
        sort_distinct(moved);
        if (moved == centroids)
            break;
        centroids = std::move(moved);
    }
}

std::vector<double> seeded(const Points &points, const ClusterOptions &options, Places places) {
    std::mt19937_64 random(options.seed);
    std::vector<double> best;
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < std::max(1, options.restarts); i++) {
        std::vector<double> centroids = draw(points, options, random);
        iterate(points, options.keep_zero, places, centroids);
        if (const double error = kmeans::error(points, centroids); error < least) {
            least = error;
            best = std::move(centroids);
        }
    }
    return best;
}

std::vector<double> best(const Points &points, const ClusterOptions &options, Places places) {
    const bool affordable = int64_t(points.size()) * options.clusters <= options.exact_limit;
    return affordable ? exact(points, options, places) : seeded(points, options, places);
}

} // namespace octet::quantize::kmeans
