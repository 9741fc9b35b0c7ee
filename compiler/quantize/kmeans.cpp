#include "compiler/quantize/kmeans.h"

#include "compiler/quantize/kmeans_points.h"

namespace octet::quantize {

Clustering cluster(std::span<const float> values, std::span<const float> importance,
                   const ClusterOptions &options) {
    kmeans::check(values, importance, options);
    const kmeans::Points points(values, importance);
    Clustering result;
    for (double centroid : kmeans::best(points, options, {}))
        if (result.centroids.empty() || result.centroids.back() != float(centroid))
            result.centroids.push_back(float(centroid));
    result.error = kmeans::assign(
        values, importance, {result.centroids.begin(), result.centroids.end()}, result.indices);
    return result;
}

} // namespace octet::quantize
