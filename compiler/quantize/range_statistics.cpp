#include "compiler/quantize/range_statistics.h"

#include "compiler/quantize/histogram_scan.h"
#include "compiler/support/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace octet::quantize {

constexpr float infinity = std::numeric_limits<float>::infinity();

ChannelStatistics::ChannelStatistics(int64_t channels) {
    if (channels < 1)
        throw UsageError("channel statistics: {} channels; there must be one", channels);
    count_.resize(size_t(channels));
    min_.assign(size_t(channels), infinity);
    max_.assign(size_t(channels), -infinity);
    sum_.resize(size_t(channels));
    sum_of_squares_.resize(size_t(channels));
}

void ChannelStatistics::add_row(const float *values) {
    for (size_t c = 0; c < count_.size(); c++) {
        min_[c] = values[c] < min_[c] ? values[c] : min_[c];
        max_[c] = values[c] > max_[c] ? values[c] : max_[c];
        count_[c]++;
        sum_[c] += double(values[c]);
        sum_of_squares_[c] += double(values[c]) * double(values[c]);
    }
}

void ChannelStatistics::add(std::span<const float> values, int64_t inner) {
    if (inner < 1 || int64_t(values.size()) % (channels() * inner) != 0)
        throw UsageError("channel statistics: {} values are not made of {} channels of {}",
                         values.size(), channels(), inner);
    const size_t row = count_.size();
    if (inner == 1 && scan::moments(values).non_finite == 0) {
        for (size_t i = 0; i < values.size(); i += row)
            add_row(&values[i]);
        return;
    }
    for (size_t i = 0; i < values.size(); i++) {
        const size_t c = i / size_t(inner) % row;
        const float value = values[i];
        if (!std::isfinite(value))
            continue;
        min_[c] = std::min(min_[c], value);
        max_[c] = std::max(max_[c], value);
        count_[c]++;
        sum_[c] += double(value);
        sum_of_squares_[c] += double(value) * double(value);
    }
}

void ChannelStatistics::merge(const ChannelStatistics &other) {
    if (channels() != other.channels())
        throw UsageError("channel statistics: {} channels cannot be merged into {}; collect both "
                         "of one tensor",
                         other.channels(), channels());
    for (size_t c = 0; c < count_.size(); c++) {
        min_[c] = std::min(min_[c], other.min_[c]);
        max_[c] = std::max(max_[c], other.max_[c]);
        count_[c] += other.count_[c];
        sum_[c] += other.sum_[c];
        sum_of_squares_[c] += other.sum_of_squares_[c];
    }
}

float ChannelStatistics::min(int64_t channel) const {
    return count(channel) ? min_[size_t(channel)] : 0;
}

float ChannelStatistics::max(int64_t channel) const {
    return count(channel) ? max_[size_t(channel)] : 0;
}

double ChannelStatistics::mean(int64_t channel) const {
    return count(channel) ? sum_[size_t(channel)] / double(count(channel)) : 0;
}

double ChannelStatistics::energy(int64_t channel) const {
    return count(channel) ? sum_of_squares_[size_t(channel)] / double(count(channel)) : 0;
}

double ChannelStatistics::variance(int64_t channel) const {
    return std::max(0.0, energy(channel) - mean(channel) * mean(channel));
}

void TensorStatistics::add_sample(std::span<const float> values, int64_t inner) {
    Histogram sample(histogram.bins());
    sample.add(values);
    histogram.merge(sample);
    if (!sample.empty()) {
        samples++;
        sum_of_minima += double(sample.min());
        sum_of_maxima += double(sample.max());
    }
    if (channels)
        channels->add(values, inner);
}

void TensorStatistics::merge(const TensorStatistics &other) {
    if (channels.has_value() != other.channels.has_value())
        throw UsageError("tensor statistics: only one of two has channels; collect both alike");
    histogram.merge(other.histogram);
    samples += other.samples;
    sum_of_minima += other.sum_of_minima;
    sum_of_maxima += other.sum_of_maxima;
    if (channels)
        channels->merge(*other.channels);
}

void to_json(nlohmann::json &json, const ChannelStatistics &channels) {
    std::vector<float> min, max; // JSON has no infinities.
    for (int64_t c = 0; c < channels.channels(); c++) {
        min.push_back(channels.min(c));
        max.push_back(channels.max(c));
    }
    json = {{"count", channels.count_},
            {"min", min},
            {"max", max},
            {"sum", channels.sum_},
            {"sum_of_squares", channels.sum_of_squares_}};
}

void from_json(const nlohmann::json &json, ChannelStatistics &channels) {
    ChannelStatistics read(std::max<int64_t>(1, int64_t(json.at("count").size())));
    const auto get = [&](const char *key, auto &values) {
        json.at(key).get_to(values);
        if (values.size() != read.min_.size())
            throw Error("channel statistics: {} has {} values; calibrate again", key,
                        values.size());
    };
    std::vector<float> min, max;
    get("count", read.count_);
    get("min", min);
    get("max", max);
    get("sum", read.sum_);
    get("sum_of_squares", read.sum_of_squares_);
    for (size_t c = 0; c < min.size(); c++)
        if (read.count_[c] > 0) {
            read.min_[c] = min[c];
            read.max_[c] = max[c];
        }
    channels = std::move(read);
}

void to_json(nlohmann::json &json, const TensorStatistics &statistics) {
    json = {{"histogram", statistics.histogram},
            {"samples", statistics.samples},
            {"sum_of_minima", statistics.sum_of_minima},
            {"sum_of_maxima", statistics.sum_of_maxima}};
    if (statistics.channels)
        json["channels"] = *statistics.channels;
}

void from_json(const nlohmann::json &json, TensorStatistics &statistics) {
    try {
        TensorStatistics read;
        json.at("histogram").get_to(read.histogram);
        json.at("samples").get_to(read.samples);
        json.at("sum_of_minima").get_to(read.sum_of_minima);
        json.at("sum_of_maxima").get_to(read.sum_of_maxima);
        if (json.contains("channels"))
            from_json(json["channels"], read.channels.emplace(1));
        if (read.samples < 0 || (read.samples == 0) != read.histogram.empty())
            throw Error("tensor statistics: samples contradict the histogram; calibrate again");
        statistics = std::move(read);
    } catch (const nlohmann::json::exception &error) {
        throw Error("tensor statistics: {}; calibrate again", error.what());
    }
}

} // namespace octet::quantize
