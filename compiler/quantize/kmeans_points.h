// Values as clustering sees them: sorted, distinct, with the sums of every interval at hand.
#pragma once

#include "compiler/quantize/kmeans.h"

#include <algorithm>
#include <cmath>

namespace octet::quantize::kmeans {

/// Distinct values with their importance. Those without importance are left out.
class Points {
public:
    Points(std::span<const float> values, std::span<const float> importance);

    size_t size() const { return x_.size(); }
    double x(size_t i) const { return x_[i]; }
    double weight(size_t begin, size_t end) const { return w_[end] - w_[begin]; }
    double mean(size_t begin, size_t end) const {
        return shift_ + (wx_[end] - wx_[begin]) / weight(begin, end);
    }
    /// Sum of w (x - mean)^2 over an interval; 0 for an empty one.
    double spread(size_t begin, size_t end) const {
        if (end - begin < 2)
            return 0;
        const double sum = wx_[end] - wx_[begin];
        return std::max(0.0, wxx_[end] - wxx_[begin] - sum * sum / weight(begin, end));
    }
    /// Sum of w x^2.
    double energy(size_t begin, size_t end) const { return energy_[end] - energy_[begin]; }
    /// The first point that is nearer to b than to a, for a < b; the middle belongs to a.
    size_t boundary(double a, double b) const {
        return size_t(std::upper_bound(x_.begin(), x_.end(), (a + b) / 2) - x_.begin());
    }

private:
    double shift_ = 0; ///< the mean: squares of differences from it cancel least
    std::vector<double> x_, w_, wx_, wxx_, energy_; ///< All but x are sums from the first on.
};

/// Where centroids may be: anywhere (step 0) or at -127 to 127 times the step.
struct Places {
    double step = 0;

    double nearest(double x) const {
        return step == 0 ? x : std::clamp(std::round(x / step), -127.0, 127.0) * step;
    }
};

/// Ascending, distinct centroids of the optimum.
std::vector<double> exact(const Points &points, const ClusterOptions &options, Places places);

/// Moves ascending centroids to their points' means (zero stays with keep_zero) until none changes.
void iterate(const Points &points, bool keep_zero, Places places, std::vector<double> &centroids);

/// The best of several k-means++.
std::vector<double> seeded(const Points &points, const ClusterOptions &options, Places places);

/// `exact` within its limit, otherwise `seeded`.
std::vector<double> best(const Points &points, const ClusterOptions &options, Places places);

/// Sum of w (x - nearest centroid)^2.
double error(const Points &points, const std::vector<double> &centroids);

/// Every value's nearest centroid, the lesser of two, and the sum of errors.
double assign(std::span<const float> values, std::span<const float> importance,
              const std::vector<double> &centroids, std::vector<uint8_t> &indices);

/// Throws as `cluster` does.
void check(std::span<const float> values, std::span<const float> importance,
           const ClusterOptions &options);

} // namespace octet::quantize::kmeans
