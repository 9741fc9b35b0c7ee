// Grids, quantiles and the objectives of the range methods, against numbers worked out by hand and
// against sums over single values.
#include "compiler/quantize/range.h"
#include "tests/support/expect_error.h"

#include <cmath>
#include <limits>
#include <random>

using namespace octet;
using namespace octet::quantize;

namespace {

Histogram histogram_of(const std::vector<float> &values, int bins = 2048) {
    Histogram histogram(bins);
    histogram.add(values);
    return histogram;
}

float quantized(float value, const Affine &affine, const Grid &grid) {
    const double integer = std::round(double(value) / affine.scale) + affine.zero_point;
    return affine.scale * float(std::clamp(integer, double(grid.lowest()), double(grid.highest())) -
                                affine.zero_point);
}

} // namespace

TEST_CASE("Grids have the integers that their fields say", "[range]") {
    CHECK((Grid{}.lowest() == -128 && Grid{}.highest() == 127 && Grid{}.levels() == 256));
    const Grid narrow{.bits = 4, .narrow = true}, bytes{.is_unsigned = true}, wide{.bits = 16};
    CHECK((narrow.lowest() == -7 && narrow.highest() == 7));
    CHECK((bytes.lowest() == 0 && bytes.highest() == 255));
    CHECK((wide.lowest() == -32768 && wide.highest() == 32767));
}

TEST_CASE("Scales and zero points of worked ranges", "[range]") {
    const Grid s8, u8{.is_unsigned = true}, symmetric{.symmetric = true};
    CHECK(scale_and_zero_point({-1, 1.55f}, u8) == Affine{0.01f, 100});
    CHECK(scale_and_zero_point({-1, 1.55f}, s8) == Affine{0.01f, -28});
    CHECK(scale_and_zero_point({0, 6}, s8) == Affine{6.0f / 255, -128});
    CHECK(scale_and_zero_point({-6, 0}, s8) == Affine{6.0f / 255, 127});
    CHECK(scale_and_zero_point({-1.27f, 0.5f}, {.symmetric = true, .narrow = true}).scale ==
          Approx(0.01));
    CHECK(scale_and_zero_point({-1.28f, 0.5f}, symmetric).scale == Approx(0.01));
    CHECK(scale_and_zero_point({-0.5f, 1.27f}, symmetric) == Affine{0.01f, 0});
    CHECK(scale_and_zero_point({0, 2.55f}, {.symmetric = true, .is_unsigned = true}) ==
          Affine{0.01f, 0});
    // Powers of two: the least that is not less.
    const Grid two{.symmetric = true, .power_of_two = true};
    CHECK(scale_and_zero_point({-1, 127.0f / 128}, two).scale == 1.0f / 128);
    CHECK(scale_and_zero_point({-1, 1}, two).scale == 1.0f / 64);
    CHECK(scale_and_zero_point({-1, 3}, {.power_of_two = true}) == Affine{1.0f / 32, -96});
}

TEST_CASE("Ranges are extended to contain zero", "[range]") {
    CHECK(scale_and_zero_point({2, 5.1f}, {}) == scale_and_zero_point({0, 5.1f}, {}));
    CHECK(scale_and_zero_point({5.1f, 5.1f}, {}) == scale_and_zero_point({0, 5.1f}, {}));
    CHECK(scale_and_zero_point({-4, -4}, {}) == scale_and_zero_point({-4, 0}, {}));
    CHECK(scale_and_zero_point({0, 0}, {}) == Affine{1.0f / 128, 0});
    CHECK(scale_and_zero_point({0, 0}, {.bits = 4, .is_unsigned = true, .narrow = true}) ==
          Affine{1.0f / 8, 1});
    const float largest = std::numeric_limits<float>::max();
    const float least = std::numeric_limits<float>::denorm_min();
    for (bool power_of_two : {false, true}) {
        const Affine widest =
            scale_and_zero_point({-largest, largest}, {.bits = 2, .power_of_two = power_of_two});
        CHECK(std::isfinite(widest.scale));
        CHECK(scale_and_zero_point({-least, least}, {.power_of_two = power_of_two}).scale ==
              std::numeric_limits<float>::min());
    }
}

TEST_CASE("Every range has a grid with an exact zero that covers it but for half a step",
          "[range]") {
    std::mt19937 random(5);
    std::uniform_real_distribution<float> any(-10, 10);
    for (int i = 0; i < 2000; i++) {
        const Grid grid{.bits = 2 + i % 15,
                        .symmetric = i % 2 != 0,
                        .power_of_two = i % 3 == 0,
                        .is_unsigned = i % 4 == 0,
                        .narrow = i % 5 == 0};
        const float a = any(random), b = any(random);
        const Range range{std::min(a, b), std::max(a, b)};
        const Affine affine = scale_and_zero_point(range, grid);
        const Range covered = representable(affine, grid);
        const float slack = grid.symmetric ? 1e-5f : affine.scale * 0.5001f;
        INFO(grid.bits << " bits, " << range.lo << " to " << range.hi);
        REQUIRE(covered.lo <= std::min(0.0f, range.lo) + slack);
        REQUIRE(covered.hi >= std::max(0.0f, range.hi) - slack);
        REQUIRE(quantized(0, affine, grid) == 0);
        if (grid.symmetric)
            REQUIRE(affine.zero_point == 0);
        if (grid.power_of_two)
            REQUIRE(std::exp2(std::round(std::log2(affine.scale))) == affine.scale);
    }
}

TEST_CASE("Impossible grids and ranges are refused", "[range]") {
    using test::error_of;
    const auto refuse = [](Range range, Grid grid, const std::vector<std::string> &parts) {
        test::check_message(error_of([&] { scale_and_zero_point(range, grid); }), parts);
    };
    refuse({0, 1}, {.bits = 1}, {"1 bits", "2 to 16"});
    refuse({0, 1}, {.bits = 17}, {"17 bits", "2 to 16"});
    refuse({1, 0}, {}, {"1 to 0", "finite"});
    refuse({0, std::nanf("")}, {}, {"nan", "finite"});
    refuse({-1, 1}, {.symmetric = true, .is_unsigned = true}, {"-1 to 1", "signed"});
    refuse({0, 1}, {.symmetric = true, .is_unsigned = true, .narrow = true}, {"zero"});
    test::check_message(error_of([] {
                            TensorStatistics statistics;
                            statistics.add_sample(std::vector<float>{1, 2});
                            choose_range(statistics, Method::percentile, {}, 50);
                        }),
                        {"percentile", "99.99"});
}

TEST_CASE("Quantiles of 501 bins are where they were put", "[range]") {
    // One hundred values in each of the bins 0 to 500 of width 1/4, all in the middle.
    std::vector<float> values;
    for (int k = 0; k <= 500; k++)
        values.insert(values.end(), 100, (float(k) + 0.5f) / 4);
    const Histogram histogram = histogram_of(values, 512);
    REQUIRE(histogram.bin_width() == 0.25);
    REQUIRE(histogram.last_bin() == 500);
    CHECK(quantile(histogram, 0) == 0.125);
    CHECK(quantile(histogram, 1) == 125.125);
    CHECK(quantile(histogram, 0.5) == Approx(62.625));          // half of bin 250
    CHECK(quantile(histogram, 2.0 / 501) == Approx(0.5));       // two whole bins
    CHECK(quantile(histogram, 0.25 / 501) == Approx(0.15625));  // a quarter of [0.125, 0.25]
    CHECK(quantile(histogram, 400.1 / 501) == Approx(100.025)); // a tenth of bin 400
    TensorStatistics statistics;
    statistics.histogram = histogram;
    const Range range = choose_range(statistics, Method::percentile, {}, 99);
    CHECK(range.lo == 0); // zero belongs to every range
    CHECK(range.hi == Approx(0.25 * (0.99 * 501)));
}

TEST_CASE("Zeros are at zero for quantiles, not spread over their bin", "[range]") {
    std::vector<float> values(60, 0.0f);
    values.insert(values.end(), 40, 10.0f);
    values.push_back(0.001f);
    const Histogram histogram = histogram_of(values, 16);
    CHECK(quantile(histogram, 0.5) == 0);
    CHECK(quantile(histogram, 60.5 / 101) == Approx(histogram.bin_width() / 2));
    CHECK(quantile(histogram, 0.9) > 9);
    CHECK(quantile(Histogram(), 0.5) == 0);
}

TEST_CASE("The expected error is the mean over the bins' values", "[range]") {
    // Values spread evenly through every bin make the bins' densities even.
    std::mt19937 random(6);
    std::normal_distribution<float> normal(0.3f, 1);
    std::vector<float> values;
    const Histogram shape = [&] {
        std::vector<float> drawn(20'000);
        for (float &value : drawn)
            value = normal(random);
        return histogram_of(drawn, 64);
    }();
    for (int64_t k = shape.first_bin(); k <= shape.last_bin(); k++)
        for (int i = 0; i < 1 + int(shape.count_of(k)) * 2 / 5; i++)
            for (int part = 0; part < 64; part++)
                values.push_back(float((double(k) + (part + 0.5) / 64) * shape.bin_width()));
    const Histogram histogram = histogram_of(values, 64);
    REQUIRE(histogram.bin_width() == shape.bin_width());
    for (int bits : {2, 3, 4, 6})
        for (Range range : {Range{-3, 4}, Range{-1, 1}, Range{-0.2f, 2}, Range{0, 9}})
            for (bool symmetric : {false, true}) {
                const Grid grid{.bits = bits, .symmetric = symmetric};
                const Affine affine = scale_and_zero_point(range, grid);
                double sum = 0;
                for (float value : values)
                    sum += std::pow(double(value) - quantized(value, affine, grid), 2);
                INFO(bits << " bits, " << range.lo << " to " << range.hi);
                CHECK(expected_squared_error(histogram, affine, grid) ==
                      Approx(sum / double(values.size())).epsilon(0.01));
            }
}

TEST_CASE("The expected error of worked distributions", "[range]") {
    // Even from 0 to 4, steps of 1 up to 3: 3 whole steps and a half clipped at r in [-1/2, 1].
    std::vector<float> even(4096);
    for (size_t i = 0; i < even.size(); i++)
        even[i] = float(i) / 1024;
    even.push_back(4);
    const Grid bits2{.bits = 2, .is_unsigned = true};
    CHECK(expected_squared_error(histogram_of(even), {1, 0}, bits2) ==
          Approx((3.0 / 12 + 1.0 / 24 - 1.0 / 24 + 1.0 / 3) / 4).epsilon(2e-3));
    // A constant and zeros are exact.
    CHECK(expected_squared_error(histogram_of({0, 0, 0, 1.25f}), {1, 0}, bits2) ==
          Approx(0.0625 / 4));
    CHECK(expected_squared_error(histogram_of({0, 0}), {1, 0}, bits2) == 0);
    CHECK(expected_squared_error(Histogram(), {1, 0}, bits2) == 0);
}

TEST_CASE("The divergence of worked distributions", "[range]") {
    // Bins of width 1 with 4, 2, 1, 1 values (in their middles, none is zero) and one at 15.5.
    std::vector<float> values{0.001f, 0.5f, 0.5f, 0.5f, 1.5f, 1.5f, 2.5f, 3.5f};
    const Grid bits2{.bits = 2, .is_unsigned = true};
    SECTION("levels of two bins lose their difference") {
        values.push_back(15.5f);
        const Histogram histogram = histogram_of(values, 16);
        REQUIRE(histogram.bin_width() == 1);
        // Levels of scale 4 are [-2, 2), [2, 6), [6, 10), [10, 14]: 15.5 is clipped to a level that
        // has no values of its own, so Q is 0 where P is not.
        CHECK(std::isinf(divergence(histogram, {4, 0}, bits2)));
        // Scale 6: [-3, 3) has 4, 2, 1; [3, 9) has 1; [15, 21) has 1; nothing is clipped.
        const double expected =
            (4 * std::log(4 / (7.0 / 3)) + 2 * std::log(2 / (7.0 / 3)) + std::log(1 / (7.0 / 3))) /
            9;
        CHECK(divergence(histogram, {6, 0}, bits2) == Approx(expected));
    }
    SECTION("clipped values are added to the outermost bin") {
        // Every bin has its level: the centres 0.5 to 3.5 are rounded to 0 to 3 by a scale that is
        // a little more than 1. The bin of 9.5 is clipped and added to the last.
        const Affine affine{1.01f, 0};
        values.push_back(9.5f);
        const Histogram histogram = histogram_of(values, 16);
        const double expected =
            (4 * std::log(4.0 / 4) + 2 * std::log(2.0 / 2) + 2 * std::log(2)) / 9 +
            std::log(8.0 / 9);
        CHECK(divergence(histogram, affine, bits2) == Approx(expected));
    }
    SECTION("zeros do not count") {
        Histogram histogram = histogram_of(values, 16);
        const double before = divergence(histogram, {2, 0}, bits2);
        histogram.add(std::vector<float>(1000, 0.0f));
        CHECK(before > 0);
        CHECK(divergence(histogram, {2, 0}, bits2) == before);
        CHECK(divergence(histogram_of({0, 0}), {2, 0}, bits2) == 0);
    }
}

TEST_CASE("minmax and average are what they say", "[range]") {
    TensorStatistics statistics;
    CHECK(choose_range(statistics, Method::average, {}) == Range{0, 0});
    statistics.add_sample(std::vector<float>{-1, 0, 2});
    statistics.add_sample(std::vector<float>{-3, 8, 2});
    CHECK(choose_range(statistics, Method::minmax, {}) == Range{-3, 8});
    CHECK(choose_range(statistics, Method::average, {}) == Range{-2, 5});
    CHECK(name_of(Method::entropy) == "entropy");
}
