#include "compiler/quantize/kmeans_points.h"

#include <limits>

namespace octet::quantize::kmeans {
namespace {

using Cuts = std::vector<uint32_t>; ///< for every prefix, where its last cluster begins

/// One more cluster: cost[j] = min over i <= j of before[i] + cost of the cluster [i, j).
class Layer {
public:
    std::vector<double> cost;
    Cuts cuts;

    Layer(const Points &points, Places places, const std::vector<double> &before)
        : cost(before.size()), cuts(before.size()), points_(points), places_(places),
          before_(before) {
        fill(0, points.size(), 0, points.size());
    }

private:
    double of_cluster(size_t i, size_t j) const {
        if (i == j)
            return 0;
        const double spread = points_.spread(i, j);
        if (places_.step == 0)
            return spread;
        const double mean = points_.mean(i, j), off = mean - places_.nearest(mean);
        return spread + points_.weight(i, j) * off * off;
    }

    /// Prefixes first to last, whose cuts are between `least` and `most`.
    void fill(size_t first, size_t last, size_t least, size_t most) {
        const size_t middle = first + (last - first) / 2;
        double best = std::numeric_limits<double>::infinity();
        size_t cut = std::min(least, middle);
        for (size_t i = least; i <= std::min(most, middle); i++) {
            const double total = before_[i] + of_cluster(i, middle);
            if (total < best) {
                best = total;
                cut = i;
            }
        }
        cost[middle] = best;
        cuts[middle] = uint32_t(cut);
        if (middle > first)
            fill(first, middle - 1, least, cut);
        if (middle < last)
            fill(middle + 1, last, cut, most);
    }

    const Points &points_;
    const Places places_;
    const std::vector<double> &before_;
};

} // namespace

std::vector<double> exact(const Points &points, const ClusterOptions &options, Places places) {
    const size_t n = points.size();
    const double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> free(n + 1, infinity), with_zero(n + 1, infinity);
    free[0] = 0;
    // Of each number of clusters, without and with the one at zero; `zero_cuts` where the last is
    // that one, and n + 1 where it is not.
    std::vector<Cuts> free_cuts, with_zero_cuts, zero_cuts;
    for (int clusters = 1; clusters <= options.clusters; clusters++) {
        if (options.keep_zero) {
            Layer layer(points, places, with_zero);
            Cuts zero(n + 1, uint32_t(n + 1));
            double least = infinity;
            size_t cut = 0;
            for (size_t j = 0; j <= n; j++) {
                if (free[j] - points.energy(0, j) < least) {
                    least = free[j] - points.energy(0, j);
                    cut = j;
                }
                if (least + points.energy(0, j) < layer.cost[j]) {
                    layer.cost[j] = least + points.energy(0, j);
                    zero[j] = uint32_t(cut);
                }
            }
            with_zero = std::move(layer.cost);
            with_zero_cuts.push_back(std::move(layer.cuts));
            zero_cuts.push_back(std::move(zero));
        }
        if (options.keep_zero && clusters == options.clusters)
            break;
        Layer layer(points, places, free);
        free = std::move(layer.cost);
        free_cuts.push_back(std::move(layer.cuts));
    }

    std::vector<double> centroids;
    bool zero_to_come = options.keep_zero;
    size_t end = n;
    for (size_t layer = size_t(options.clusters); layer-- > 0;) {
        const bool is_zero = zero_to_come && zero_cuts[layer][end] <= n;
        const size_t begin = is_zero        ? zero_cuts[layer][end]
                             : zero_to_come ? with_zero_cuts[layer][end]
                                            : free_cuts[layer][end];
        if (is_zero)
            centroids.push_back(0);
        else if (begin < end)
            centroids.push_back(places.nearest(points.mean(begin, end)));
        zero_to_come = zero_to_come && !is_zero;
        end = begin;
    }
    std::sort(centroids.begin(), centroids.end());
    centroids.erase(std::unique(centroids.begin(), centroids.end()), centroids.end());
    return centroids;
}

} // namespace octet::quantize::kmeans
