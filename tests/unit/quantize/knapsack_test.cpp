// Choices within limits: the dynamic programme against every choice there is.
#include "compiler/quantize/knapsack.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace octet::quantize;

namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

using Layers = std::vector<std::vector<LayerOption>>;

struct Total {
    double noise = 0;
    Costs costs = {};
    bool within(const Costs &limits) const {
        return costs[0] <= limits[0] && costs[1] <= limits[1];
    }
};

Total total_of(const Layers &layers, const std::vector<size_t> &chosen) {
    Total total;
    for (size_t i = 0; i < layers.size(); ++i) {
        const LayerOption &option = layers[i].at(chosen.at(i));
        total.noise += option.noise;
        for (size_t k = 0; k < total.costs.size(); ++k)
            total.costs[k] += option.costs[k];
    }
    return total;
}

/// The least noise of all choices within the limits; infinite where there is none.
double least_noise(const Layers &layers, const Costs &limits) {
    std::vector<size_t> chosen(layers.size(), 0);
    double least = unlimited;
    while (true) {
        const Total total = total_of(layers, chosen);
        if (total.within(limits))
            least = std::min(least, total.noise);
        size_t i = 0;
        while (i < layers.size() && ++chosen[i] == layers[i].size())
            chosen[i++] = 0;
        if (i == layers.size())
            return least;
    }
}

/// Costs are whole numbers: their sums must not depend on the order.
Layers random_layers(std::mt19937 &random, int layers, int options) {
    std::uniform_int_distribution<int> number(0, 1000);
    Layers result(static_cast<size_t>(layers));
    for (auto &layer : result)
        for (int i = 0; i < options; ++i)
            layer.push_back(
                {double(number(random)), {double(number(random)), double(number(random))}});
    return result;
}

} // namespace

TEST_CASE("The least noise within limits is found as by trying everything", "[knapsack]") {
    std::mt19937 random(3);
    int possible = 0, impossible = 0;
    for (int round = 0; round < 200; ++round) {
        const Layers layers = random_layers(random, 1 + round % 6, 1 + round % 5);
        const double part = 150.0 * double(layers.size() * (1 + size_t(round) % 5)) / 2;
        for (const Costs &limits :
             {Costs{part, unlimited}, Costs{unlimited, part}, Costs{part, 1.3 * part}}) {
            const auto chosen = choose_options(layers, limits);
            const double least = least_noise(layers, limits);
            REQUIRE(chosen.has_value() == (least < unlimited));
            ++(chosen ? possible : impossible);
            if (!chosen)
                continue;
            const Total total = total_of(layers, *chosen);
            CHECK(total.within(limits));
            CHECK(total.noise == least);
        }
    }
    CHECK(possible > 100);
    CHECK(impossible > 20);
}

TEST_CASE("Without limits every layer gets its least noise", "[knapsack]") {
    const Layers layers = {{{3, {1, 1}}, {2, {9, 9}}}, {{0, {5, 5}}, {7, {0, 0}}}};
    CHECK(choose_options(layers, {unlimited, unlimited}).value() == std::vector<size_t>{1, 0});
    CHECK(choose_options({}, {0, 0}).value().empty());
}

TEST_CASE("More states than are kept: limits still hold, and the noise is near the bound",
          "[knapsack]") {
    // What a unit of cost saves falls with each unit, so that choosing by the best exchange until
    // the limit is met is optimal but for one exchange.
    std::mt19937 random(5);
    std::uniform_real_distribution<double> weight(0.5, 2.0);
    Layers layers(60);
    std::vector<std::pair<double, double>> exchanges; // saving of noise per cost, cost
    Total least;
    for (auto &layer : layers) {
        const double noise = weight(random), cost = 1000 * weight(random);
        for (int bits = 2; bits <= 8; ++bits)
            layer.push_back({noise * std::pow(4.0, 2 - bits), {cost * bits, 0}});
        for (size_t i = 1; i < layer.size(); ++i)
            exchanges.emplace_back((layer[i - 1].noise - layer[i].noise) / cost, cost);
        least.noise += layer[0].noise;
        least.costs[0] += layer[0].costs[0];
    }
    std::sort(exchanges.rbegin(), exchanges.rend());
    for (const double factor : {1.05, 1.6, 2.5}) {
        const double limit = factor * least.costs[0];
        double bound = least.noise, room = limit - least.costs[0];
        for (const auto &[saving, cost] : exchanges) { // The last one in part: nothing is below.
            bound -= saving * std::min(room, cost);
            room -= std::min(room, cost);
        }
        const Total total = total_of(layers, choose_options(layers, {limit, unlimited}).value());
        CHECK(total.costs[0] <= limit);
        CHECK(total.noise >= bound * (1 - 1e-12));
        CHECK(total.noise <= bound * 1.02);
    }
    CHECK_FALSE(choose_options(layers, {0.999 * least.costs[0], unlimited}));
    CHECK(choose_options(layers, {least.costs[0] * (1 + 1e-12), unlimited}));
}
