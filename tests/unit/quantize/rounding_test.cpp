// The integer least-squares problem, against the optimum found by trying all levels.
#include "compiler/quantize/rounding.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <limits>
#include <random>

using namespace octet::quantize;

namespace {

struct Problem {
    Matrix xx;
    std::vector<float> weights, p;
};

/// Inputs that resemble each other by `alike` (0 to 1), and weights within the levels -range..range
/// of scale 1.
Problem problem(std::mt19937 &random, int depth, float alike, float range) {
    std::normal_distribution<float> normal;
    constexpr int patches = 64;
    Matrix x(patches, depth);
    for (int i = 0; i < patches; ++i) {
        const float common = normal(random);
        for (int k = 0; k < depth; ++k)
            x.row(i)[k] = alike * common + (1 - alike) * normal(random) * float(1 + k % 3);
    }
    Problem result{Matrix(depth, depth), {}, {}};
    for (int i = 0; i < depth; ++i)
        for (int j = 0; j < depth; ++j)
            for (int n = 0; n < patches; ++n)
                result.xx.row(i)[j] += x.row(n)[i] * x.row(n)[j] / patches;
    std::uniform_real_distribution<float> uniform(-range, range);
    for (int k = 0; k < depth; ++k)
        result.weights.push_back(uniform(random));
    return result;
}

/// Least error over all vectors of levels.
double exhaustive(const LeastSquares &problem, std::span<const float> p, float scale,
                  const std::vector<int> &levels) {
    std::vector<size_t> digits(size_t(problem.depth()));
    std::vector<int> values(digits.size());
    double best = std::numeric_limits<double>::infinity();
    while (true) {
        for (size_t k = 0; k < digits.size(); ++k)
            values[k] = levels[digits[k]];
        best = std::min(best, problem.error(p, scale, values));
        size_t k = 0;
        while (k < digits.size() && ++digits[k] == levels.size())
            digits[k++] = 0;
        if (k == digits.size())
            return best;
    }
}

} // namespace

TEST_CASE("Learned levels are mostly the best and hardly ever worse than the nearest",
          "[quantize]") {
    std::mt19937 random(1);
    const std::vector<Levels> schemes = {{-1, 1, {}}, {-3, 3, {}}, {-7, 7, {-7, -3, -1, 0, 2, 6}}};
    int problems = 0, optima = 0, worse = 0;
    double excess = 0;
    for (const Levels &levels : schemes)
        for (float alike : {0.0f, 0.5f, 0.9f})
            for (int round = 0; round < 20; ++round) {
                CAPTURE(levels.hi, alike, round);
                const Problem p = problem(random, 5, alike, float(levels.hi));
                const float scale = 1;
                const LeastSquares squares(p.xx, 1e-3f);
                const std::vector<float> target = squares.times(p.weights);
                // f(v) lacks the constant w.Hw, with which it is the squared error and at least 0.
                double constant = 0;
                for (size_t k = 0; k < target.size(); ++k)
                    constant += double(target[k]) * p.weights[k];
                std::vector<int> all = levels.list, nearest;
                if (all.empty())
                    for (int level = levels.lo; level <= levels.hi; ++level)
                        all.push_back(level);
                for (float w : p.weights)
                    nearest.push_back(levels.nearest(w / scale));
                const double best = constant + exhaustive(squares, target, scale, all);
                const std::vector<int> solution = squares.solve(target, scale, levels);
                for (int level : solution)
                    CHECK(std::ranges::count(all, level) == 1);
                const double found = constant + squares.error(target, scale, solution);
                worse += found > constant + squares.error(target, scale, nearest) + 1e-4 * constant;
                CHECK(found >= best - 1e-4 * constant);
                ++problems;
                optima += found <= best + 1e-4 * constant;
                excess += found / std::max(best, 1e-9) - 1;
            }
    INFO(fmt::format("{} of {} are optimal; on average {:.1f} % above the optimum, {} are worse "
                     "than the nearest levels",
                     optima, problems, 100 * excess / problems, worse));
    CHECK(optima >= problems * 8 / 10);
    CHECK(excess / problems < 0.1);
    CHECK(worse <= problems / 50); // Babai's point is a bound, not the optimum.
}

TEST_CASE("Energy explained is that of the best real weights", "[quantize]") {
    std::mt19937 random(2);
    const Problem p = problem(random, 6, 0.5f, 1);
    const LeastSquares squares(p.xx, 1e-3f);
    const std::vector<float> e = squares.times(p.weights);
    double expected = 0; // e . H^-1 e = w . H w for e = H w
    for (size_t k = 0; k < e.size(); ++k)
        expected += double(e[k]) * p.weights[k];
    CHECK(squares.explained(e) == Approx(expected).epsilon(1e-4));
}
