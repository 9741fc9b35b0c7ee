#include "compiler/quantize/histogram.h"

#include "compiler/quantize/histogram_scan.h"
#include "compiler/support/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

namespace octet::quantize {
namespace {

/// Values looked at together: they and their bins stay in the first-level cache.
constexpr size_t block = 2048;

/// Counts of the bins. Equal values one after another, zeros above all, would wait for each other
/// at one counter, so that neighbours have counters of their own.
class RecentCounts {
public:
    explicit RecentCounts(size_t bins) : counts_(ways * bins) {}

    /// At most one block; `totals` takes the counts before they could overflow.
    void add(std::span<const int32_t> slots, std::vector<int64_t> &totals) {
        if (added_ > std::numeric_limits<uint32_t>::max() - block)
            move_to(totals);
        added_ += slots.size();
        size_t i = 0;
        for (; i + ways <= slots.size(); i += ways)
            for (size_t way = 0; way < ways; way++)
                counts_[size_t(slots[i + way]) * ways + way]++;
        for (; i < slots.size(); i++)
            counts_[size_t(slots[i]) * ways]++;
    }

    void move_to(std::vector<int64_t> &totals) {
        if (added_ == 0)
            return;
        for (size_t i = 0; i < counts_.size(); i++)
            totals[i / ways] += std::exchange(counts_[i], 0);
        added_ = 0;
    }

private:
    static constexpr size_t ways = 4;
    std::vector<uint32_t> counts_;
    uint64_t added_ = 0;
};

int64_t bin_of(float value, int exponent) {
    return int64_t(std::floor(std::ldexp(double(value), -exponent)));
}

int exponent_for(float min, float max, int64_t bins) {
    const float magnitude = std::max(std::fabs(min), std::fabs(max));
    int exponent = magnitude == 0 ? -126 : std::max(-126, std::ilogb(magnitude) - 23);
    while (bin_of(max, exponent) - bin_of(min, exponent) >= bins)
        exponent++;
    return exponent;
}

} // namespace

Histogram::Histogram(int bins) {
    if (bins < 16 || !std::has_single_bit(unsigned(bins)))
        throw UsageError("histogram: {} bins are not a power of two from 16 on; choose 2048", bins);
    counts_.resize(size_t(bins));
}

double Histogram::variance() const {
    return count_ ? std::max(0.0, sum_of_squares_ / double(count_) - mean() * mean()) : 0;
}

double Histogram::bin_width() const {
    return std::ldexp(1.0, exponent_);
}

void Histogram::include(float min, float max) {
    if (count_ > 0) {
        min = std::min(min, min_);
        max = std::max(max, max_);
    }
    const int exponent = exponent_for(min, max, bins());
    if (const int shift = exponent - exponent_; shift != 0 && count_ > 0) {
        std::vector<int64_t> coarser(counts_.size());
        for (int64_t k = first_; k <= last_; k++)
            coarser[slot(k >> std::min(shift, 63))] += counts_[slot(k)];
        counts_ = std::move(coarser);
    }
    exponent_ = exponent;
    min_ = min;
    max_ = max;
    first_ = bin_of(min, exponent);
    last_ = bin_of(max, exponent);
}

void Histogram::add(std::span<const float> values) {
    std::array<float, block> finite;
    RecentCounts recent(counts_.size());
    for (size_t begin = 0; begin < values.size(); begin += block) {
        std::span<const float> part = values.subspan(begin, std::min(block, values.size() - begin));
        scan::Moments moments = scan::moments(part);
        if (moments.non_finite > 0) {
            non_finite_ += moments.non_finite;
            const auto end = std::copy_if(part.begin(), part.end(), finite.begin(),
                                          [](float value) { return std::isfinite(value); });
            part = std::span<const float>(finite.begin(), end);
            moments = scan::moments(part);
        }
        if (part.empty())
            continue;
        if (count_ == 0 || moments.min < min_ || moments.max > max_) {
            recent.move_to(counts_);
            include(moments.min, moments.max);
        }
        count_ += int64_t(part.size());
        zeros_ += moments.zeros;
        sum_ += moments.sum;
        sum_of_squares_ += moments.sum_of_squares;
        std::array<int32_t, block> slots;
        scan::slots(part, exponent_, bins(), slots.data());
        recent.add({slots.data(), part.size()}, counts_);
    }
    recent.move_to(counts_);
}

void Histogram::merge(const Histogram &other) {
    if (bins() != other.bins())
        throw UsageError("histogram: {} bins cannot be merged into {}; collect both with the same "
                         "number",
                         other.bins(), bins());
    non_finite_ += other.non_finite_;
    if (other.empty())
        return;
    include(other.min_, other.max_);
    const int shift = std::min(exponent_ - other.exponent_, 63);
    for (int64_t k = other.first_; k <= other.last_; k++)
        counts_[slot(k >> shift)] += other.counts_[other.slot(k)];
    count_ += other.count_;
    zeros_ += other.zeros_;
    sum_ += other.sum_;
    sum_of_squares_ += other.sum_of_squares_;
}

} // namespace octet::quantize
