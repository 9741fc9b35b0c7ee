// What calibration keeps of a tensor: its histogram, the mean of its samples' extremes, and moments
// of its channels, which equalization (ranges per channel) and bias correction (means) need.
#pragma once

#include "compiler/quantize/histogram.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace octet::quantize {

/// Moments of every index along one axis.
class ChannelStatistics {
public:
    explicit ChannelStatistics(int64_t channels);

    /// Row-major values of extents [outer, channels, inner]; for NHWC and its last axis inner is 1.
    /// Values that are not finite are left out. Throws UsageError where the size does not fit.
    void add(std::span<const float> values, int64_t inner = 1);
    void merge(const ChannelStatistics &other);

    int64_t channels() const { return int64_t(count_.size()); }
    int64_t count(int64_t channel) const { return count_.at(size_t(channel)); }
    float min(int64_t channel) const; ///< 0 before any value, as all of these
    float max(int64_t channel) const;
    double mean(int64_t channel) const;
    double variance(int64_t channel) const;
    double energy(int64_t channel) const; ///< mean of the squares

private:
    friend void to_json(nlohmann::json &, const ChannelStatistics &);
    friend void from_json(const nlohmann::json &, ChannelStatistics &);

    void add_row(const float *values); ///< one finite value of each channel

    std::vector<int64_t> count_;
    std::vector<float> min_, max_; ///< infinities before any value
    std::vector<double> sum_, sum_of_squares_;
};

struct TensorStatistics {
    Histogram histogram{2048};
    int64_t samples = 0;                         ///< with a finite value
    double sum_of_minima = 0, sum_of_maxima = 0; ///< of the samples
    std::optional<ChannelStatistics> channels;   ///< Set it before the first sample to have it.

    /// One sample: what a tensor holds for one input of the network.
    void add_sample(std::span<const float> values, int64_t inner = 1);
    /// As if the other's samples had been added.
    void merge(const TensorStatistics &other);
};

void to_json(nlohmann::json &json, const ChannelStatistics &channels);
void from_json(const nlohmann::json &json, ChannelStatistics &channels);
void to_json(nlohmann::json &json, const TensorStatistics &statistics);
void from_json(const nlohmann::json &json, TensorStatistics &statistics);

} // namespace octet::quantize
