// Tape: a stretch of a network's operators, run forward with all values kept, then backward.
//
// Between operators the caller may change values, as a visitor of FloatExecutor does: values go to
// a grid. Their gradients pass the grid straight through, but for those that the caller's mask
// stops. The tape keeps what operators computed as well as what readers saw.
#pragma once

#include "compiler/float/gradient_executor.h"

#include <map>

namespace octet {

class Tape {
public:
    /// Operators [first, last) of the graph, which both executors were made for.
    Tape(const Graph &graph, const FloatExecutor &forward, const GradientExecutor &backward,
         size_t first, size_t last);

    /// Changes what readers of a tensor see; a stretch's own inputs are what the caller gives.
    using Change = std::function<void(TensorId tensor, std::span<float> values)>;
    /// Sets gradients to 0 where `computed`, a tensor's values before the change, do not pass it.
    using Mask = std::function<void(TensorId tensor, std::span<const float> computed,
                                    std::span<float> gradient)>;

    /// Runs the operators from values of all tensors that come from outside.
    void run(std::map<TensorId, Values> inputs, int64_t samples, const Change &change = {});

    /// What an operator of the stretch computed, before the change.
    const Values &computed(TensorId tensor) const;

    /// Goes back from gradients by computed values of some tensors, the end of the stretch among
    /// them. Returns the gradients by all `wanted` tensors: constants, and what came from outside.
    std::map<TensorId, Values> back(const std::map<TensorId, Values> &d_computed,
                                    const std::vector<TensorId> &wanted,
                                    const Mask &mask = {}) const;

private:
    std::vector<std::span<const float>> seen(const Operator &op) const;

    const Graph &graph_;
    const FloatExecutor &forward_;
    const GradientExecutor &backward_;
    size_t first_, last_;
    int64_t samples_ = 0;
    std::map<TensorId, Values> computed_; ///< Of the stretch's operators.
    std::map<TensorId, Values> changed_;  ///< What readers see, where that is something else.
};

} // namespace octet
