#include "compiler/quantize/knapsack.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <tuple>
#include <unordered_set>

namespace octet::quantize {

namespace {

constexpr size_t most_states = 1 << 14;

struct State {
    double noise = 0;
    Costs costs = {};
    uint32_t parent = 0, option = 0; ///< in the layer before, and chosen here
};

/// Keeps the states that nothing beats: one with more noise must cost less of something.
std::vector<State> undominated(std::vector<State> states) {
    std::sort(states.begin(), states.end(), [](const State &a, const State &b) {
        return std::tie(a.noise, a.costs) < std::tie(b.noise, b.costs);
    });
    std::vector<State> kept;
    // What those before have reached: the second cost falls as the first one grows.
    std::map<double, double> stairs;
    for (const State &state : states) {
        auto above = stairs.upper_bound(state.costs[0]);
        if (above != stairs.begin() && std::prev(above)->second <= state.costs[1])
            continue;
        auto from = stairs.lower_bound(state.costs[0]);
        while (from != stairs.end() && from->second >= state.costs[1])
            from = stairs.erase(from);
        stairs[state.costs[0]] = state.costs[1];
        kept.push_back(state);
    }
    return kept;
}

class Knapsack {
public:
    Knapsack(const std::vector<std::vector<LayerOption>> &layers, const Costs &limits)
        : layers_(layers), limits_(limits) {}

    std::optional<std::vector<size_t>> solve() {
        find_least();
        std::vector<std::vector<State>> steps = {{State{}}};
        for (size_t i = 0; i < layers_.size(); ++i) {
            steps.push_back(step(i, steps.back()));
            if (steps.back().empty())
                return std::nullopt;
        }
        // The first one has the least noise.
        std::vector<size_t> chosen(layers_.size());
        size_t state = 0;
        for (size_t i = layers_.size(); i > 0; --i) {
            chosen[i - 1] = steps[i][state].option;
            state = steps[i][state].parent;
        }
        return chosen;
    }

private:
    /// The least that the layers from i on cost.
    void find_least() {
        least_.assign(layers_.size() + 1, Costs{});
        for (size_t i = layers_.size(); i > 0; --i)
            for (size_t k = 0; k < limits_.size(); ++k) {
                double least = std::numeric_limits<double>::infinity();
                for (const LayerOption &option : layers_[i - 1])
                    least = std::min(least, option.costs[k]);
                least_[i - 1][k] = least_[i][k] + least;
            }
    }

    std::vector<State> step(size_t layer, const std::vector<State> &before) const {
        std::vector<State> states;
        for (size_t s = 0; s < before.size(); ++s)
            for (size_t o = 0; o < layers_[layer].size(); ++o) {
                const LayerOption &option = layers_[layer][o];
                State state{before[s].noise + option.noise, {}, uint32_t(s), uint32_t(o)};
                bool fits = true;
                for (size_t k = 0; k < limits_.size(); ++k) {
                    if (!limited(k)) // What nobody limits must not keep states apart.
                        continue;
                    state.costs[k] = before[s].costs[k] + option.costs[k];
                    fits = fits && state.costs[k] + least_[layer + 1][k] <= limits_[k];
                }
                if (fits)
                    states.push_back(state);
            }
        states = undominated(std::move(states));
        return states.size() > most_states ? thinned(states) : states;
    }

    bool limited(size_t k) const { return std::isfinite(limits_[k]); }

    /// One state for each cell of a grid over the costs; noise ascends. The cheapest ones stay
    /// besides, because a tight limit may need them.
    std::vector<State> thinned(const std::vector<State> &states) const {
        Costs lowest = states[0].costs, highest = states[0].costs;
        int dimensions = 0;
        for (size_t k = 0; k < limits_.size(); ++k) {
            dimensions += limited(k);
            for (const State &state : states) {
                lowest[k] = std::min(lowest[k], state.costs[k]);
                highest[k] = std::max(highest[k], state.costs[k]);
            }
        }
        const double cells = std::pow(double(most_states), 1.0 / std::max(1, dimensions));
        std::vector<State> kept;
        std::unordered_set<uint64_t> taken;
        for (const State &state : states) {
            uint64_t cell = 0;
            bool cheapest = false;
            for (size_t k = 0; k < limits_.size(); ++k) {
                const double span = highest[k] - lowest[k];
                const double share = span > 0 ? (state.costs[k] - lowest[k]) / span : 0;
                cell = (cell << 32) | uint64_t(share * (cells - 1));
                cheapest = cheapest || (limited(k) && state.costs[k] == lowest[k]);
            }
            if (taken.insert(cell).second || cheapest)
                kept.push_back(state);
        }
        return kept;
    }

    const std::vector<std::vector<LayerOption>> &layers_;
    const Costs limits_;
    std::vector<Costs> least_; ///< of the layers from i on
};

} // namespace

std::optional<std::vector<size_t>>
choose_options(const std::vector<std::vector<LayerOption>> &layers, const Costs &limits) {
    return Knapsack(layers, limits).solve();
}

} // namespace octet::quantize
