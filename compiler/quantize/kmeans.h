// Codebooks: the few values that stand for many at the least weighted sum of squared differences.
//
// Values on a line make k-means easy where it is hard in general. Clusters are intervals of the
// sorted values, so the best k of them follow from the best k - 1 of every prefix (Wang and Song,
// Ckmeans.1d.dp, 2011); and because the cost of an interval satisfies the quadrangle inequality,
// the best cut only moves right, which divide and conquer uses: O(k n log n) for n distinct values.
// That optimum is what is computed where its table of k n numbers is affordable; otherwise
// k-means++ and Lloyd's iterations, several times, on the same sorted values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace octet::quantize {

struct ClusterOptions {
    int clusters = 16;      ///< 1 to 256
    bool keep_zero = false; ///< One of the centroids is exactly zero.
    /// The exact optimum up to so many distinct values times clusters; 0: never. A unit takes
    /// 4 bytes of memory (8 with keep_zero) and some 150 ns.
    int64_t exact_limit = int64_t(1) << 22;
    uint64_t seed = 1; ///< of k-means++; equal seeds give equal results everywhere
    int restarts = 4;  ///< of k-means++; the best one counts
};

struct Clustering {
    std::vector<float>
        centroids; ///< ascending, distinct; fewer than asked for where values are few
    std::vector<uint8_t> indices; ///< of every value's nearest centroid, the lesser of two
    double error = 0;             ///< sum of importance (value - centroid)^2
};

/// `importance` has a weight, 0 or more, for every value, or is empty: all are equal, as they are
/// where all weights are 0. Throws UsageError for sizes and numbers of clusters, Error for values
/// that are not finite and negative importance.
Clustering cluster(std::span<const float> values, std::span<const float> importance,
                   const ClusterOptions &options);

struct IntegerClustering {
    float scale = 1;
    std::vector<int8_t> centroids; ///< -127 to 127, ascending, distinct; real = scale * centroid
    std::vector<uint8_t> indices;
    double error = 0; ///< of the real values
};

/// Centroids that are int8 multiples of a scale. With `scale` given the optimum for that scale
/// (within `exact_limit`). Otherwise, for scales that put the outermost free centroid on 64 to 127
/// (twice the scale has no other multiples): round, assign, refit until nothing moves; the best
/// scale is then refitted by least squares in turn with the clusters, and these are replaced by the
/// optimum for the scale where that is better.
IntegerClustering cluster_integers(std::span<const float> values, std::span<const float> importance,
                                   const ClusterOptions &options, float scale = 0);

} // namespace octet::quantize
