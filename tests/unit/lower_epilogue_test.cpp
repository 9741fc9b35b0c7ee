// The epilogue solver against brute force: its constants, evaluated in the arithmetic that
// generators/numerics.h writes, give the exact function on every accumulator that can occur.
#include "compiler/lower/epilogue.h"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <map>
#include <random>

namespace octet::lower {
namespace {

using generators::EpilogueForm;
using generators::rounding_magic;
using reference::Requantizer;

/// One output of the kernel in C++, expression by expression.
int32_t kernel_output(const EpilogueConstants &constants, size_t channel, size_t block,
                      const OutputRange &range, int32_t acc) {
    const EpilogueForm form = constants.form;
    const bool exact = form == EpilogueForm::exact ||
                       (form == EpilogueForm::mixed && constants.exact_blocks[channel / block]);
    if (exact) {
        const int64_t rounding =
            acc < 0 ? constants.r_negative[channel] : constants.r_positive[channel];
        const int64_t q = (acc * constants.m[channel] + rounding) >> constants.shift[channel];
        return int32_t(std::clamp<int64_t>(q, range.lo, range.hi));
    }
    const int32_t parity = rounding_parity(range.zero_point, constants.fused);
    const float magic = rounding_magic + float(parity);
    float value = float(acc);
    if (form == EpilogueForm::scale_offset)
        value += constants.offset[channel];
    else if (form != EpilogueForm::scale)
        value += std::copysign(constants.offset[channel], value);
    const float scale = constants.scale[channel], base = magic + float(range.zero_point);
    const float product = value * scale;
    const float rounded = constants.fused ? std::fma(value, scale, base) : product + base;
    if (constants.narrow) {
        const int32_t low = int16_t(std::bit_cast<int32_t>(rounded)) - parity;
        return std::clamp(low, range.lo, range.hi);
    }
    const float clamped = std::clamp(rounded, magic + float(range.lo), magic + float(range.hi));
    const auto stored = uint8_t(std::bit_cast<int32_t>(clamped));
    const auto q = uint8_t(stored - parity);
    return range.lo < 0 ? int8_t(q) : q;
}

struct Problem {
    std::vector<Requantizer> requantize;
    std::vector<EpilogueChannel> channels;
    OutputRange range;
};

/// Random channels whose slopes lie around `slope`, reaching up to `reach`.
Problem make_problem(std::mt19937 &random, Requantizer::Kind kind, double slope, int32_t reach) {
    const auto uniform = [&](double low, double high) {
        return low + (high - low) * double(random()) / double(random.max());
    };
    Problem problem;
    const bool is_signed = random() % 4 == 0;
    const int32_t lowest = is_signed ? -128 : 0;
    constexpr double places[] = {0, 0.5, 1};
    problem.range.zero_point =
        lowest + (random() % 2 ? int32_t(random() % 256) : int32_t(places[random() % 3] * 255));
    const bool relu = random() % 2;
    problem.range.lo = relu ? problem.range.zero_point : lowest;
    problem.range.hi = random() % 4
                           ? lowest + 255
                           : problem.range.zero_point +
                                 int32_t(uniform(0, lowest + 255 - problem.range.zero_point));
    const size_t count = 1 + random() % 8;
    for (size_t i = 0; i < count; ++i) {
        double real = slope * uniform(0.5, 2);
        if (random() % 8 == 0)
            real = std::exp2(std::round(std::log2(real))); // Exact ties are common.
        problem.requantize.emplace_back(kind, real);
        const int64_t lo = -int64_t(uniform(0, reach)), hi = int64_t(uniform(1, reach));
        const Requantizer requantize = problem.requantize.back();
        problem.channels.push_back(
            {[requantize](int32_t acc) { return requantize(acc); }, requantize.real(), lo, hi});
    }
    return problem;
}

int32_t exact_output(const Problem &problem, size_t channel, int32_t acc) {
    const int64_t q = int64_t(problem.requantize[channel](acc)) + problem.range.zero_point;
    return int32_t(std::clamp<int64_t>(q, problem.range.lo, problem.range.hi));
}

int64_t count_mismatches(const Problem &problem, const EpilogueConstants &constants, int block) {
    int64_t mismatches = 0;
    for (size_t c = 0; c < problem.channels.size(); ++c)
        for (int64_t acc = problem.channels[c].acc_min; acc <= problem.channels[c].acc_max; ++acc)
            mismatches += exact_output(problem, c, int32_t(acc)) !=
                          kernel_output(constants, c, size_t(block), problem.range, int32_t(acc));
    return mismatches;
}

/// The kernel that `constants` describe, generated and run on this machine: accumulators (i, c).
class FixedKernel {
public:
    FixedKernel(const EpilogueConstants &constants, const OutputRange &range, int channels,
                int lanes) {
        spec_.form = constants.form;
        spec_.out_type = range.lo < 0 ? "s8" : "u8";
        spec_.channels = channels;
        spec_.fixed = {.shift = constants.fixed_shift,
                       .left = constants.fixed_left,
                       .lo = range.lo,
                       .hi = range.hi,
                       .lanes = lanes};
        words_ = Halide::Buffer<int32_t>(lanes, spec_.fixed_words(), channels / lanes);
        for (int c = 0; c < channels; ++c) {
            std::vector<int32_t> channel = {int32_t(constants.r[size_t(c)])};
            if (spec_.fixed_words() - has_sign(spec_.form) == 3)
                channel.push_back(int32_t(constants.r[size_t(c)] >> 32));
            channel.push_back(int32_t(constants.m[size_t(c)]));
            channel.push_back(constants.d[size_t(c)]);
            for (int word = 0; word < spec_.fixed_words(); ++word)
                words_.data()[spec_.fixed_offset(c, word)] = channel[size_t(word)];
        }
        const generators::Epilogue epilogue(spec_, signature_);
        output_(i_, c_) = Halide::cast<int32_t>(epilogue(accumulators_(i_, c_), c_));
        REQUIRE(signature_.inputs.size() == 1);
    }

    /// Outputs of the same layout.
    Halide::Buffer<int32_t> operator()(Halide::Buffer<int32_t> &accumulators) {
        Halide::Buffer<int32_t> outputs(accumulators.width(), accumulators.height());
        Halide::Callable kernel =
            output_.compile_to_callable({signature_.inputs[0], accumulators_});
        REQUIRE(kernel(words_, accumulators, outputs) == 0);
        return outputs;
    }

private:
    generators::EpilogueSpec spec_;
    generators::Signature signature_;
    Halide::Buffer<int32_t> words_;
    Halide::ImageParam accumulators_{Halide::Int(32), 2, "accumulators"};
    Halide::Var i_, c_;
    Halide::Func output_{"output"};
};

TEST_CASE("epilogues equal the exact function on every reachable accumulator", "[lower]") {
    std::mt19937 random(17);
    size_t forms[5] = {};
    for (const auto kind : {Requantizer::Kind::double_rounding, Requantizer::Kind::float64,
                            Requantizer::Kind::float32})
        for (const bool fused : {true, false})
            for (int i = 0; i < 60; ++i) {
                // From constant outputs to single accumulators a step and beyond.
                const double slope = std::exp2(-double(random() % 26) / 1.5 + 2);
                const int32_t reach = i % 20 == 0 ? 1 << 20 : 3000 + int32_t(random() % 30000);
                const Problem problem = make_problem(random, kind, slope, reach);
                constexpr int padded = 16, block = 4;
                const EpilogueConstants constants =
                    solve_epilogue(problem.channels, problem.range, padded, block, fused);
                ++forms[size_t(constants.form)];
                INFO("kind " << int(kind) << ", target fuses " << fused << ", problem " << i
                             << ", slope " << slope << ", form " << int(constants.form));
                CHECK(count_mismatches(problem, constants, block) == 0);
            }
    // The cheap forms are what this is for; the long one must have been needed as well.
    CHECK(forms[size_t(EpilogueForm::scale)] > 100);
    CHECK(forms[size_t(EpilogueForm::scale_copysign)] > 0);
    CHECK(forms[size_t(EpilogueForm::mixed)] + forms[size_t(EpilogueForm::exact)] > 0);
}

TEST_CASE("fixed epilogues equal the exact function on every reachable accumulator", "[lower]") {
    std::mt19937 random(23);
    const std::vector<EpilogueForm> families[] = {
        {EpilogueForm::fixed, EpilogueForm::fixed_sign},
        {EpilogueForm::high, EpilogueForm::high_sign},
        {EpilogueForm::doubling, EpilogueForm::doubling_sign},
        {EpilogueForm::split, EpilogueForm::split_sign},
        {EpilogueForm::high, EpilogueForm::high_sign},
        {EpilogueForm::doubling, EpilogueForm::doubling_sign}};
    std::map<EpilogueForm, int> forms, by_bias;
    for (const auto kind : {Requantizer::Kind::double_rounding, Requantizer::Kind::float64,
                            Requantizer::Kind::float32})
        for (const auto &family : families)
            for (int i = 0; i < 60; ++i) {
                const double slope = std::exp2(-double(random() % 26) / 1.5 + 2);
                const int32_t reach = i % 20 == 0 ? 1 << 20 : 3000 + int32_t(random() % 30000);
                const Problem problem = make_problem(random, kind, slope, reach);
                INFO("kind " << int(kind) << ", problem " << i << ", slope " << slope);
                const bool biased = &family >= std::end(families) - 2;
                const auto solved =
                    solve_fixed_epilogue(problem.channels, problem.range, 16, family, biased);
                if (!solved) { // Ties to even.
                    CHECK(kind == Requantizer::Kind::float32);
                    continue;
                }
                const EpilogueConstants &constants = *solved;
                ++forms[constants.form];
                by_bias[constants.form] += std::any_of(constants.bias.begin(), constants.bias.end(),
                                                       [](int32_t bias) { return bias != 0; });
                int64_t mismatches = 0;
                for (size_t c = 0; c < problem.channels.size(); ++c)
                    for (int64_t acc = problem.channels[c].acc_min;
                         acc <= problem.channels[c].acc_max; ++acc) {
                        const int32_t q =
                            constants.form == EpilogueForm::exact
                                ? kernel_output(constants, c, 1, problem.range, int32_t(acc))
                                : fixed_output(constants, c, problem.range, int32_t(acc));
                        mismatches += q != exact_output(problem, c, int32_t(acc));
                    }
                CHECK(mismatches == 0);
            }
    for (const auto &family : families)
        for (const EpilogueForm form : family)
            CHECK(forms[form] > 10);
    for (const EpilogueForm form : {EpilogueForm::high, EpilogueForm::doubling})
        CHECK(by_bias[form] > 10);
    CHECK(forms[EpilogueForm::exact] < 10);
}

TEST_CASE("generated fixed epilogues compute what was proven", "[lower]") {
    std::mt19937 random(29);
    for (const EpilogueForm form :
         {EpilogueForm::fixed, EpilogueForm::fixed_sign, EpilogueForm::high,
          EpilogueForm::high_sign, EpilogueForm::doubling, EpilogueForm::doubling_sign,
          EpilogueForm::split, EpilogueForm::split_sign})
        for (int i = 0; i < 3; ++i) {
            const Problem problem =
                make_problem(random, Requantizer::Kind::double_rounding, 0.003, 60000);
            const EpilogueConstants constants =
                solve_fixed_epilogue(problem.channels, problem.range, 8, {form}).value();
            if (constants.form == EpilogueForm::exact)
                continue;
            const int channels = int(problem.channels.size());
            Halide::Buffer<int32_t> accumulators(2000, channels);
            for (int c = 0; c < channels; ++c)
                for (int j = 0; j < accumulators.width(); ++j) {
                    const EpilogueChannel &channel = problem.channels[size_t(c)];
                    const int64_t span = channel.acc_max - channel.acc_min;
                    accumulators(j, c) =
                        int32_t(channel.acc_min + span * j / (accumulators.width() - 1));
                }
            FixedKernel kernel(constants, problem.range, 8, has_sign(form) ? 4 : 1);
            const Halide::Buffer<int32_t> outputs = kernel(accumulators);
            int mismatches = 0;
            for (int c = 0; c < channels; ++c)
                for (int j = 0; j < accumulators.width(); ++j)
                    mismatches +=
                        outputs(j, c) != exact_output(problem, size_t(c), accumulators(j, c));
            INFO("form " << int(form) << ", problem " << i);
            CHECK(mismatches == 0);
        }
}

TEST_CASE("padded channels of an epilogue yield the zero point", "[lower]") {
    std::mt19937 random(3);
    for (const double slope : {0.003, 0.4, 3.0}) {
        const Problem problem =
            make_problem(random, Requantizer::Kind::double_rounding, slope, 20000);
        const EpilogueConstants constants =
            solve_epilogue(problem.channels, problem.range, 16, 16, true);
        const int32_t expected =
            std::clamp(problem.range.zero_point, problem.range.lo, problem.range.hi);
        for (size_t c = problem.channels.size(); c < 16; ++c)
            CHECK(kernel_output(constants, c, 16, problem.range, 0) == expected);
    }
}

TEST_CASE("thresholds that no constants fit are refused", "[lower]") {
    // A function that steps down and up again is no requantization.
    const std::vector<EpilogueChannel> channels = {
        {[](int32_t acc) { return acc % 7 * 20; }, 0.5, 0, 1000}};
    CHECK_THROWS_WITH(solve_epilogue(channels, {0, 0, 255}, 16, 16, true),
                      Catch::Contains("channel 0"));
}

} // namespace
} // namespace octet::lower
