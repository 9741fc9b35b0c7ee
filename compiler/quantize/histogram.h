// What calibration remembers of a tensor: how often which values occurred.
//
// A bin is [k w, (k + 1) w) for an integer k and a width w = 2^e, so bins of one width are halves
// of the bins of twice the width, and the histogram grows by adding neighbours: no count is ever
// spread or estimated. The exponent is the least for which the bins from min to max are at most
// `bins`, no finer than 24 significant bits of the largest magnitude and no less than -126. That is
// a function of min and max alone, so the histogram of some values is the same whatever their order
// and however they were split into calls or merged; only `sum` and `sum_of_squares` differ in
// double's rounding.
//
// Exact zeros also have a counter of their own: after a ReLU they are half of all values, and every
// grid represents them exactly. Values that are not finite are counted and otherwise ignored.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace octet::quantize {

class Histogram {
public:
    /// `bins` is a power of two, at least 16. More than half of them are between min and max,
    /// unless these are so close that floats between them are fewer. Throws UsageError.
    explicit Histogram(int bins);
    Histogram() : Histogram(2048) {}

    void add(std::span<const float> values);
    /// As if the other's values had been added. Both have equal `bins`; throws UsageError.
    void merge(const Histogram &other);

    int bins() const { return int(counts_.size()); }
    int64_t count() const { return count_; } ///< of finite values, zeros included
    int64_t zeros() const { return zeros_; }
    int64_t non_finite() const { return non_finite_; }
    bool empty() const { return count_ == 0; }
    float min() const { return min_; } ///< exact; 0 when empty, as is max
    float max() const { return max_; }
    double sum() const { return sum_; }
    double sum_of_squares() const { return sum_of_squares_; }
    double mean() const { return count_ ? sum_ / double(count_) : 0; }
    double variance() const;

    double bin_width() const;
    /// The k of the bins that hold min and max; the counts of other bins are 0.
    int64_t first_bin() const { return first_; }
    int64_t last_bin() const { return last_; }
    int64_t count_of(int64_t k) const { return counts_[slot(k)]; } ///< first_bin <= k <= last_bin

    bool operator==(const Histogram &) const = default;

private:
    friend void to_json(nlohmann::json &, const Histogram &);
    friend void from_json(const nlohmann::json &, Histogram &);

    /// Bins are kept modulo their number, so that a range that moves needs no copy.
    size_t slot(int64_t k) const { return size_t(k) & (counts_.size() - 1); }
    /// Makes room for these values: updates min, max and the width.
    void include(float min, float max);

    std::vector<int64_t> counts_;
    int exponent_ = -126;
    int64_t first_ = 0, last_ = 0;
    int64_t count_ = 0, zeros_ = 0, non_finite_ = 0;
    float min_ = 0, max_ = 0;
    double sum_ = 0, sum_of_squares_ = 0;
};

/// Every field; `counts` are those of the bins from `first_bin` on. Reading throws Error where the
/// fields contradict each other or are missing.
void to_json(nlohmann::json &json, const Histogram &histogram);
void from_json(const nlohmann::json &json, Histogram &histogram);

} // namespace octet::quantize
