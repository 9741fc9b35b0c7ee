// Replay: the quantized network on a few samples that stay in memory, for trying grids one after
// another.
//
// A grid matters to the tensors that have it and to what is computed from them. So every tensor of
// the last accepted run is kept, and a trial computes only the operators behind the changed grid.
#pragma once

#include "compiler/quantize/simulation.h"

#include <set>

namespace octet::quantize {

class Replay {
public:
    /// As for Simulation: graph and plan are kept by reference.
    Replay(const Graph &graph, const Plan &plan,
           const std::vector<std::optional<LayerWeights>> &layers, const Samples &samples);

    /// The outputs with the grids that the plan has now, of which only that of `group` differs from
    /// those of the run accepted last. They are good until the next call.
    std::vector<std::span<const float>> try_group(TensorId group);
    /// Accepts the last trial.
    void accept();
    /// The outputs of the run accepted last.
    std::vector<std::span<const float>> outputs() const;

    /// Samples of which all tensors fit into about a gigabyte, twice.
    static int64_t most_samples(const Graph &graph);

private:
    const Values &now(TensorId id) const {
        return tried_.contains(id) ? trial_[size_t(id)] : accepted_[size_t(id)];
    }
    void set(TensorId id, Values values);

    const Graph &graph_;
    const Plan &plan_;
    const Samples &samples_;
    FloatExecutor executor_;
    std::vector<Values> accepted_, trial_; ///< by tensor, on their grids
    std::set<TensorId> tried_;             ///< what the last trial computed
};

} // namespace octet::quantize
