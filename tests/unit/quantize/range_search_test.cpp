// The searches for ranges against trying every pair of ends, which is written here once more.
#include "compiler/quantize/range.h"
#include "compiler/support/error.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <random>

using namespace octet;
using namespace octet::quantize;

namespace {

using Objective = double (*)(const Histogram &, const Affine &, const Grid &);

std::vector<double> ends(double extreme, double width) {
    std::vector<double> all{extreme, 0};
    for (int k = 1; k * width < std::fabs(extreme); k++)
        all.push_back(std::copysign(k * width, extreme));
    return all;
}

struct Best {
    double value = std::numeric_limits<double>::infinity();
    Range range;

    void take(const Histogram &histogram, Range other, const Grid &grid, Objective objective) {
        const double error = objective(histogram, scale_and_zero_point(other, grid), grid);
        if (error < value) {
            value = error;
            range = other;
        }
    }
};

Best brute_force(const Histogram &histogram, const Grid &grid, Objective objective) {
    const double min = std::min(0.0f, histogram.min()), max = std::max(0.0f, histogram.max());
    Best best;
    for (double lo : ends(min, histogram.bin_width()))
        for (double hi : ends(max, histogram.bin_width()))
            if (lo < hi)
                best.take(histogram, {float(lo), float(hi)}, grid, objective);
    return best;
}

Best brute_force_mirrored(const Histogram &histogram, const Grid &grid, Objective objective,
                          double fewest_bins = 0) {
    const double min = std::min(0.0f, histogram.min()), max = std::max(0.0f, histogram.max());
    Best best;
    for (double end : ends(std::max(-min, max), histogram.bin_width())) {
        const double lo = std::max(min, -end), hi = std::min(max, end);
        const bool widest = lo == min && hi == max;
        if (lo < hi && (widest || hi - lo >= fewest_bins * histogram.bin_width()))
            best.take(histogram, {float(lo), float(hi)}, grid, objective);
    }
    return best;
}

/// Mixtures as activations and weights have them: bells, long tails, spikes, one-sided ones.
Histogram sample_histogram(int kind, int bins) {
    std::mt19937 random(unsigned(kind) + 1);
    std::normal_distribution<float> normal;
    std::vector<float> values;
    for (int i = 0; i < 20'000; i++) {
        const float x = normal(random);
        switch (kind % 6) {
        case 0:
            values.push_back(x);
            break;
        case 1:
            values.push_back(x * x * x + 0.5f);
            break;
        case 2:
            values.push_back(x < 0 ? 0 : x);
            break;
        case 3:
            values.push_back(i % 100 == 0 ? 9 + x : x);
            break;
        case 4:
            values.push_back(std::exp(x) - 2);
            break;
        case 5:
            values.push_back(x > 0 ? x : x / 20);
            break;
        }
    }
    Histogram histogram(bins);
    histogram.add(values);
    return histogram;
}

double error_of(const Histogram &histogram, Range range, const Grid &grid, Objective objective) {
    return objective(histogram, scale_and_zero_point(range, grid), grid);
}

} // namespace

TEST_CASE("The range of least squared error is the optimum over all pairs", "[range]") {
    for (int kind = 0; kind < 6; kind++)
        for (int bits : {2, 3, 4, 8})
            for (bool power_of_two : {false, true}) {
                const Histogram histogram = sample_histogram(kind, 256);
                const Grid grid{.bits = bits, .power_of_two = power_of_two};
                const Best best = brute_force(histogram, grid, expected_squared_error);
                const Range found = least_squared_error(histogram, grid);
                INFO("kind " << kind << ", " << bits << " bits, found " << found.lo << " to "
                             << found.hi << ", best " << best.range.lo << " to " << best.range.hi);
                CHECK(error_of(histogram, found, grid, expected_squared_error) == best.value);
            }
}

TEST_CASE("The range of least divergence is the optimum over all thresholds", "[range]") {
    for (int kind = 0; kind < 6; kind++)
        for (int bits : {3, 4, 5})
            for (bool symmetric : {false, true}) {
                const Histogram histogram = sample_histogram(kind, 256);
                const Grid grid{.bits = bits, .symmetric = symmetric};
                const Best best = brute_force_mirrored(histogram, grid, divergence, grid.levels());
                const Range found = least_divergence(histogram, grid);
                INFO("kind " << kind << ", " << bits << " bits, found " << found.lo << " to "
                             << found.hi << ", best " << best.range.lo << " to " << best.range.hi);
                CHECK(error_of(histogram, found, grid, divergence) == best.value);
            }
}

TEST_CASE("Symmetric ranges of least squared error are the optimum over all ends", "[range]") {
    for (int kind = 0; kind < 6; kind++)
        for (int bits : {3, 4, 8}) {
            const Histogram histogram = sample_histogram(kind, 512);
            const Grid grid{.bits = bits, .symmetric = true};
            const Best best = brute_force_mirrored(histogram, grid, expected_squared_error);
            const Range found = least_squared_error(histogram, grid);
            CHECK(error_of(histogram, found, grid, expected_squared_error) == best.value);
        }
}

TEST_CASE("A normal distribution is clipped where theory says", "[range]") {
    // Banner et al., Post training 4-bit quantization of convolutional networks (2019): the best
    // threshold for a unit normal is 2.55 for 4 bits and 3.92 for 8, for midpoint grids and with an
    // approximation of the rounding error, so that a few percent remain.
    std::vector<float> values;
    for (int i = 0; i < 2'000'000; i++) {
        // The inverse of the normal distribution function, by Newton's method on erfc.
        static double x = -5.5;
        const double target = (i + 0.5) / 2'000'000;
        for (int step = 0; step < 20; step++) {
            const double f = std::erfc(-x / std::sqrt(2.0)) / 2 - target;
            const double delta = f / (std::exp(-x * x / 2) / std::sqrt(2 * M_PI));
            x -= std::clamp(delta, -0.5, 0.5);
            if (std::fabs(delta) < 1e-12)
                break;
        }
        values.push_back(float(x));
    }
    Histogram histogram(4096);
    histogram.add(values);
    const auto clipped = [&](int bits) {
        return least_squared_error(histogram, {.bits = bits, .symmetric = true, .narrow = true}).hi;
    };
    CHECK(clipped(4) == Approx(2.55).epsilon(0.06));
    CHECK(clipped(8) == Approx(3.92).epsilon(0.03));
}

TEST_CASE("Outliers are clipped by mse and entropy and kept by minmax", "[range]") {
    std::mt19937 random(9);
    std::normal_distribution<float> normal;
    TensorStatistics statistics;
    std::vector<float> values(100'000);
    for (float &value : values)
        value = normal(random);
    values[17] = 60;
    statistics.add_sample(values);
    CHECK(choose_range(statistics, Method::minmax, {}).hi == 60);
    CHECK(choose_range(statistics, Method::mse, {.bits = 4}).hi < 4);
    CHECK(choose_range(statistics, Method::entropy, {.bits = 4}).hi < 6);
    CHECK(choose_range(statistics, Method::percentile, {}, 99.9).hi == Approx(3.09).epsilon(0.02));
    // A wide grid has room for all of them.
    CHECK(choose_range(statistics, Method::mse, {.bits = 16}).hi == 60);
    CHECK(choose_range(statistics, Method::entropy, {.bits = 16}).hi == 60);
}

TEST_CASE("Searches of degenerate tensors", "[range]") {
    const auto range_of = [](std::vector<float> values, Method method, Grid grid = {}) {
        TensorStatistics statistics;
        statistics.add_sample(values);
        return choose_range(statistics, method, grid);
    };
    for (Method method :
         {Method::minmax, Method::average, Method::percentile, Method::mse, Method::entropy}) {
        INFO(name_of(method));
        CHECK(range_of({}, method) == Range{0, 0});
        CHECK(range_of({0, 0, 0}, method) == Range{0, 0});
        CHECK(range_of({2.5f, 2.5f}, method) == Range{0, 2.5f});
        CHECK(range_of({-2.5f}, method, {.symmetric = true}) == Range{-2.5f, 0});
        CHECK(range_of({std::nanf(""), 1}, method) == Range{0, 1});
    }
}
