#include "compiler/quantize/range_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

namespace octet::quantize {
namespace {

/// Ends tried at either side before the resolution is doubled, and pairs whose surroundings are.
constexpr int64_t coarse_ends = 64;
constexpr size_t kept_pairs = 16;

/// The extreme, then the edges of bins from it towards zero, down to the magnitude `nearest`.
std::vector<double> ends_from(double extreme, double nearest, double width) {
    std::vector<double> ends{extreme};
    for (double k = std::ceil(std::fabs(extreme) / width) - 1; k >= 0 && k * width >= nearest; k--)
        ends.push_back(std::copysign(k * width, extreme));
    return ends;
}

struct Candidate {
    double value = std::numeric_limits<double>::infinity();
    int64_t narrowed = 0; ///< by that many edges; decides between equal values
    int64_t lo = 0, hi = 0;

    auto order() const { return std::tuple(value, narrowed, lo, hi); }
    bool operator<(const Candidate &other) const { return order() < other.order(); }
};

class PairSearch {
public:
    PairSearch(double min, double max, double width, const std::function<double(Range)> &objective)
        : lows_(ends_from(min, 0, width)), highs_(ends_from(max, 0, width)), objective_(objective) {
    }

    Range best() {
        int64_t lo_stride = stride_for(lows_.size()), hi_stride = stride_for(highs_.size());
        for (int64_t lo : every(lo_stride, lows_.size()))
            for (int64_t hi : every(hi_stride, highs_.size()))
                evaluate(lo, hi);
        while (lo_stride > 1 || hi_stride > 1) {
            lo_stride = std::max<int64_t>(1, lo_stride / 2);
            hi_stride = std::max<int64_t>(1, hi_stride / 2);
            surround(lo_stride, hi_stride);
        }
        for (Candidate before = {}; before < front() || front() < before;) {
            before = front();
            surround(1, 1);
        }
        return range(front().lo, front().hi);
    }

private:
    static int64_t stride_for(size_t ends) {
        int64_t stride = 1;
        while (stride * coarse_ends < int64_t(ends))
            stride *= 2;
        return stride;
    }

    /// Zero, which is last, is an end like no other: it makes a range one-sided.
    static std::vector<int64_t> every(int64_t stride, size_t ends) {
        std::vector<int64_t> indices;
        for (int64_t i = 0; i + 1 < int64_t(ends); i += stride)
            indices.push_back(i);
        indices.push_back(int64_t(ends) - 1);
        return indices;
    }

    Range range(int64_t lo, int64_t hi) const {
        return {float(lows_[size_t(lo)]), float(highs_[size_t(hi)])};
    }

    void evaluate(int64_t lo, int64_t hi) {
        if (lo < 0 || hi < 0 || lo >= int64_t(lows_.size()) || hi >= int64_t(highs_.size()))
            return;
        const Range ends = range(lo, hi);
        if (ends.lo == ends.hi || !seen_.emplace(lo, hi).second)
            return;
        best_.push_back({objective_(ends), lo + hi, lo, hi});
    }

    const Candidate &front() {
        std::sort(best_.begin(), best_.end());
        best_.resize(std::min(best_.size(), kept_pairs));
        return best_.front();
    }

    void surround(int64_t lo_stride, int64_t hi_stride) {
        front();
        for (const Candidate &around : std::vector<Candidate>(best_))
            for (int64_t lo = -1; lo <= 1; lo++)
                for (int64_t hi = -1; hi <= 1; hi++)
                    evaluate(around.lo + lo * lo_stride, around.hi + hi * hi_stride);
    }

    std::vector<double> lows_, highs_;
    const std::function<double(Range)> &objective_;
    std::set<std::pair<int64_t, int64_t>> seen_;
    std::vector<Candidate> best_;
};

} // namespace

Range search_range(const Bins &bins, Freedom freedom,
                   const std::function<double(Range)> &objective) {
    if (bins.size() == 0)
        return {};
    const double first = bins.edges.front(), last = bins.edges.back();
    const double min = std::min(0.0, first), max = std::max(0.0, last);
    Range best{float(min), float(max)};
    if (min < 0 && max > 0 && freedom == Freedom::ends)
        return PairSearch(min, max, bins.width, objective).best();

    const double nearest = std::max({0.0, first, -last});
    double least = std::numeric_limits<double>::infinity();
    for (double end : ends_from(std::max(-min, max), nearest, bins.width)) {
        const Range range{float(std::max(min, -end)), float(std::min(max, end))};
        const double value = end > 0 ? objective(range) : least;
        if (value < least) {
            least = value;
            best = range;
        }
    }
    return best;
}

} // namespace octet::quantize
