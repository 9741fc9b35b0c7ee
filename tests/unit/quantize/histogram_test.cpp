// Histograms and statistics of calibration: exact counts, independence of how values arrive,
// storage.
#include "compiler/quantize/range_statistics.h"
#include "compiler/support/error.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <random>

using namespace octet;
using namespace octet::quantize;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Values of very different magnitudes and both signs, with runs of zeros.
std::vector<float> some_values(size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (size_t i = 0; i < count; i++)
        values[i] = i % 7 < 2 ? 0.0f : normal(random) * std::exp2(float(i * 20 / count));
    return values;
}

void check_equal_counts(const Histogram &a, const Histogram &b) {
    REQUIRE(a.bin_width() == b.bin_width());
    REQUIRE(a.first_bin() == b.first_bin());
    REQUIRE(a.last_bin() == b.last_bin());
    CHECK(a.count() == b.count());
    CHECK(a.zeros() == b.zeros());
    CHECK(a.min() == b.min());
    CHECK(a.max() == b.max());
    CHECK(a.sum() == Approx(b.sum()).epsilon(1e-12));
    CHECK(a.sum_of_squares() == Approx(b.sum_of_squares()).epsilon(1e-12));
    int64_t different = 0;
    for (int64_t k = a.first_bin(); k <= a.last_bin(); k++)
        different += a.count_of(k) != b.count_of(k);
    CHECK(different == 0);
}

} // namespace

TEST_CASE("Every value is in the bin that its definition says", "[histogram]") {
    const std::vector<float> values = some_values(10'001, 1);
    Histogram histogram(256);
    histogram.add(values);
    CHECK(histogram.last_bin() - histogram.first_bin() < 256);
    CHECK(histogram.last_bin() - histogram.first_bin() >= 128);
    std::vector<int64_t> counts(size_t(histogram.last_bin() - histogram.first_bin()) + 1);
    double sum = 0, squares = 0;
    int64_t zeros = 0;
    for (float value : values) {
        const double k = std::floor(double(value) / histogram.bin_width());
        counts.at(size_t(int64_t(k) - histogram.first_bin()))++;
        sum += value;
        squares += double(value) * value;
        zeros += value == 0;
    }
    for (size_t i = 0; i < counts.size(); i++)
        REQUIRE(histogram.count_of(histogram.first_bin() + int64_t(i)) == counts[i]);
    CHECK(histogram.count() == 10'001);
    CHECK(histogram.zeros() == zeros);
    CHECK(histogram.min() == *std::min_element(values.begin(), values.end()));
    CHECK(histogram.max() == *std::max_element(values.begin(), values.end()));
    CHECK(histogram.sum() == Approx(sum));
    CHECK(histogram.variance() == Approx(squares / 10'001 - sum / 10'001 * sum / 10'001));
}

TEST_CASE("A histogram does not depend on how values are split, ordered or merged", "[histogram]") {
    const std::vector<float> values = some_values(20'000, 2);
    Histogram whole, split, reversed, left, right;
    whole.add(values);
    for (size_t begin = 0, size = 1; begin < values.size(); begin += size, size = size * 3 / 2 + 1)
        split.add(std::span(values).subspan(begin, std::min(size, values.size() - begin)));
    reversed.add(std::vector<float>(values.rbegin(), values.rend()));
    left.add(std::span(values).first(3000));
    right.add(std::span(values).subspan(3000));
    Histogram merged = right;
    merged.merge(left);
    left.merge(right);
    check_equal_counts(split, whole);
    check_equal_counts(reversed, whole);
    check_equal_counts(left, whole);
    check_equal_counts(merged, whole);
}

TEST_CASE("Extreme floats have their bins", "[histogram]") {
    const float largest = std::numeric_limits<float>::max();
    const float least = std::numeric_limits<float>::denorm_min();
    const auto histogram_of = [](std::vector<float> values, int bins) {
        Histogram histogram(bins);
        histogram.add(values);
        return histogram;
    };
    for (int bins : {16, 2048}) {
        const Histogram both = histogram_of({-largest, -least, -0.0f, least, largest}, bins);
        CHECK(both.last_bin() - both.first_bin() + 1 == bins);
        CHECK(both.count_of(-1) == 1); // The tiny negative one is below zero.
        CHECK(both.count_of(0) == 2);
        CHECK(both.count_of(both.first_bin()) == 1);
        CHECK(both.count_of(both.last_bin()) == 1);
        CHECK(both.zeros() == 1);
    }
    const Histogram tiny = histogram_of({-least, least}, 16);
    CHECK(tiny.count_of(-1) == 1);
    CHECK(tiny.count_of(0) == 1);
    const Histogram close = histogram_of({1.0f, std::nextafter(1.0f, 2.0f)}, 16);
    CHECK(close.last_bin() - close.first_bin() == 1); // The finest bins hold one float each.
    Histogram grown = histogram_of({0, least}, 16);
    grown.add(std::vector<float>{largest});
    check_equal_counts(grown, histogram_of({largest, least, 0}, 16));
}

TEST_CASE("What is not finite is counted apart", "[histogram]") {
    Histogram histogram;
    CHECK(histogram.empty());
    CHECK(histogram.mean() == 0);
    histogram.add({});
    histogram.add(std::vector<float>{std::nanf(""), infinity});
    CHECK(histogram.empty());
    CHECK(histogram.non_finite() == 2);
    histogram.add(std::vector<float>{1, -infinity, 3});
    CHECK(histogram.count() == 2);
    CHECK(histogram.non_finite() == 3);
    CHECK(histogram.min() == 1);
    CHECK(histogram.max() == 3);
    CHECK(histogram.mean() == 2);
    Histogram other;
    other.merge(histogram);
    CHECK(other == histogram);
}

TEST_CASE("Histograms of impossible or different sizes are refused", "[histogram]") {
    CHECK_THROWS_AS(Histogram(1000), UsageError);
    CHECK_THROWS_AS(Histogram(8), UsageError);
    CHECK_THROWS_AS(Histogram(-16), UsageError);
    Histogram a(16);
    CHECK_THROWS_AS(a.merge(Histogram(32)), UsageError);
}

TEST_CASE("Statistics come back from JSON as they were", "[histogram]") {
    TensorStatistics statistics{.channels = ChannelStatistics(5)};
    const std::vector<float> values = some_values(1000, 3);
    statistics.add_sample(values);
    statistics.add_sample(std::vector<float>{-3, 0, infinity, 2, 1});
    const nlohmann::json json = statistics;
    const auto read = nlohmann::json::parse(json.dump()).get<TensorStatistics>();
    CHECK(read.histogram == statistics.histogram);
    CHECK(nlohmann::json(read) == json);
    CHECK(read.channels->max(0) == statistics.channels->max(0));

    TensorStatistics more = read, twice = statistics;
    more.add_sample(values);
    twice.add_sample(values);
    CHECK(nlohmann::json(more) == nlohmann::json(twice));
    CHECK(nlohmann::json(TensorStatistics()).get<TensorStatistics>().histogram == Histogram());
}

TEST_CASE("JSON that contradicts itself is refused", "[histogram]") {
    TensorStatistics statistics;
    statistics.add_sample(some_values(1000, 4));
    const nlohmann::json good = statistics;
    const auto refuses = [&](const char *pointer, nlohmann::json value) {
        nlohmann::json bad = good;
        bad[nlohmann::json::json_pointer(pointer)] = std::move(value);
        INFO(pointer);
        CHECK_THROWS_AS(bad.get<TensorStatistics>(), Error);
    };
    refuses("/histogram/bins", 100);
    refuses("/histogram/bins", int64_t(1) << 40);
    refuses("/histogram/count", 999);
    refuses("/histogram/zeros", 1001);
    refuses("/histogram/max", nullptr);
    refuses("/histogram/min", 1e9);
    refuses("/histogram/counts/3", -1);
    refuses("/histogram/counts", {1, 2, 3});
    refuses("/histogram/exponent", 5);
    refuses("/samples", 0);
    CHECK_THROWS_AS(nlohmann::json::object().get<TensorStatistics>(), Error);
}

TEST_CASE("Samples and channels have their own extremes and moments", "[histogram]") {
    // Two samples of two pixels of three channels.
    const std::vector<float> first{1, -2, 0, 3, 4, 0}, second{5, 6, 0, std::nanf(""), -8, 0};
    TensorStatistics nhwc{.channels = ChannelStatistics(3)};
    nhwc.add_sample(first);
    nhwc.add_sample(second);
    CHECK(nhwc.samples == 2);
    CHECK(nhwc.sum_of_minima == -10);
    CHECK(nhwc.sum_of_maxima == 10);
    CHECK(nhwc.channels->count(0) == 3);
    CHECK(nhwc.channels->mean(0) == 3);
    CHECK(nhwc.channels->min(0) == 1);
    CHECK(nhwc.channels->max(0) == 5);
    CHECK(nhwc.channels->variance(0) == Approx(8.0 / 3));
    CHECK(nhwc.channels->energy(1) == Approx((4 + 16 + 36 + 64) / 4.0));
    CHECK(nhwc.channels->min(1) == -8);
    CHECK(nhwc.channels->energy(2) == 0);

    // The same values with the channels outside: [1, 3, 2].
    ChannelStatistics outer(3);
    outer.add(std::vector<float>{1, 3, -2, 4, 0, 0}, 2);
    ChannelStatistics rest(3);
    rest.add(std::vector<float>{5, std::nanf(""), 6, -8, 0, 0}, 2);
    outer.merge(rest);
    CHECK(nlohmann::json(outer) == nlohmann::json(*nhwc.channels));
    CHECK_THROWS_AS(outer.add(std::vector<float>(4), 1), UsageError);
    CHECK_THROWS_AS(outer.merge(ChannelStatistics(2)), UsageError);
    CHECK_THROWS_AS(ChannelStatistics(0), UsageError);
    nhwc.add_sample(std::vector<float>{infinity, infinity, infinity});
    CHECK(nhwc.samples == 2); // A sample without a finite value has no extremes.
}
