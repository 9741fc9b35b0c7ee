#include "compiler/quantize/histogram.h"
#include "compiler/support/error.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <utility>

namespace octet::quantize {
namespace {

void require(bool condition, const char *what) {
    if (!condition)
        throw Error("histogram: {}; calibrate again", what);
}

} // namespace

void to_json(nlohmann::json &json, const Histogram &histogram) {
    std::vector<int64_t> counts;
    for (int64_t k = histogram.first_; k <= histogram.last_; k++)
        counts.push_back(histogram.count_of(k));
    json = {{"bins", histogram.bins()},
            {"count", histogram.count_},
            {"zeros", histogram.zeros_},
            {"non_finite", histogram.non_finite_},
            {"min", histogram.min_},
            {"max", histogram.max_},
            {"sum", histogram.sum_},
            {"sum_of_squares", histogram.sum_of_squares_},
            {"exponent", histogram.exponent_},
            {"first_bin", histogram.first_},
            {"counts", counts}};
}

void from_json(const nlohmann::json &json, Histogram &histogram) {
    try {
        const auto bins = json.at("bins").get<int64_t>();
        require(bins > 0 && bins <= int64_t(1) << 24, "its number of bins is impossible");
        Histogram read{int(bins)};
        read.non_finite_ = json.at("non_finite").get<int64_t>();
        read.count_ = json.at("count").get<int64_t>();
        read.zeros_ = json.at("zeros").get<int64_t>();
        require(read.zeros_ >= 0 && read.zeros_ <= read.count_ && read.non_finite_ >= 0,
                "its counts contradict each other");
        const auto counts = json.at("counts").get<std::vector<int64_t>>();
        if (read.count_ > 0) {
            const float min = json.at("min").get<float>(), max = json.at("max").get<float>();
            require(min <= max && std::isfinite(min) && std::isfinite(max),
                    "its min and max are not a range");
            const int64_t count = std::exchange(read.count_, 0);
            read.include(min, max);
            read.count_ = count;
            read.sum_ = json.at("sum").get<double>();
            read.sum_of_squares_ = json.at("sum_of_squares").get<double>();
        }
        require(json.at("exponent") == read.exponent_ && json.at("first_bin") == read.first_ &&
                    int64_t(counts.size()) == read.last_ - read.first_ + 1,
                "its bins do not fit its min and max");
        int64_t total = 0;
        for (size_t i = 0; i < counts.size(); i++) {
            require(counts[i] >= 0 && counts[i] <= read.count_, "its counts contradict each other");
            total += read.counts_[read.slot(read.first_ + int64_t(i))] = counts[i];
        }
        require(total == read.count_, "its counts contradict each other");
        histogram = std::move(read);
    } catch (const nlohmann::json::exception &error) {
        throw Error("histogram: {}; calibrate again", error.what());
    }
}

} // namespace octet::quantize
