// Which option of each layer, so that the sum of the noise is least and the costs stay within
// their limits: the multiple-choice knapsack problem.
//
// Solved by dynamic programming over the layers. A state is a choice for the layers so far, and one
// that is no better in anything than another is dropped. Budgets over bytes or instructions have
// more states than are worth keeping; beyond some ten thousand only the least noisy one of each
// cell of a fine grid of costs stays. Costs themselves are never rounded, so whatever is returned
// keeps the limits exactly; up to that many states it is the optimum.
#pragma once

#include <array>
#include <optional>
#include <vector>

namespace octet::quantize {

/// One for each kind of budget; a limit that nobody has set is infinite.
using Costs = std::array<double, 2>;

struct LayerOption {
    double noise = 0;
    Costs costs = {};
};

/// For each layer the number of its option; nothing where no choice keeps the limits. Costs and
/// noise are 0 or more.
std::optional<std::vector<size_t>>
choose_options(const std::vector<std::vector<LayerOption>> &layers, const Costs &limits);

} // namespace octet::quantize
