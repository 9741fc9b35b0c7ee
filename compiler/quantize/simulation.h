// Simulation: the quantized network in float arithmetic.
//
// Weights are the real values of their integers, and every activation is put on its grid as soon as
// it is computed. What the integers' kernels compute differs by a step here and there, so this is
// for comparing ranges and layers quickly; what is shown as the quantized network's own values
// comes from the reference interpreter (debug.h).
#pragma once

#include "compiler/quantize/assemble.h"
#include "compiler/quantize/samples.h"

namespace octet::quantize {

class Simulation {
public:
    /// Graph and plan are kept by reference, and a changed grid holds from the next run on.
    /// `layers` are by operator, as for assemble().
    Simulation(const Graph &graph, const Plan &plan,
               std::vector<std::optional<LayerWeights>> layers);

    /// The outputs for some samples. `visit` sees every tensor after it was put on its grid; with
    /// `but` an operator's index, that operator alone computes in float.
    std::vector<Values> run(const Samples &samples, const FloatExecutor::Visitor &visit = {},
                            int but = -1);

private:
    void set(size_t index, bool quantized);

    const Graph &graph_;
    const Plan &plan_;
    const std::vector<std::optional<LayerWeights>> layers_;
    FloatExecutor executor_;
};

/// Gives `op` of the executor's graph the real values of its integers.
void set_layer(const Graph &graph, const Operator &op, const LayerWeights &layer,
               FloatExecutor &executor);

/// Every layer with the levels nearest to its weights and the bias that it has: what there is
/// without data.
std::vector<std::optional<LayerWeights>> rounded_layers(const Graph &graph, const Plan &plan);

} // namespace octet::quantize
