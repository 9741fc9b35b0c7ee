// Sensitivity: how much noise one layer's weights alone bring to the network's outputs.
//
// A layer gets its weights by some scheme, learned like those of the final network (learn.h), while
// everything else stays float. The energy of what the outputs then differ by adds up over layers as
// long as it is small, because errors of different layers have nothing to do with each other; so a
// choice for all layers can be judged by a sum. Energy, not decibels: those do not add.
//
// Weights learn from one half of the samples and are judged on the other. They fit what they have
// seen, and would look better there than they are, most of all those of few bits.
#pragma once

#include "compiler/quantize/assemble.h"
#include "compiler/quantize/samples.h"

namespace octet::quantize {

class Sensitivity {
public:
    /// `graph` is prepared, and kept by reference. Every tensor of every sample is held in memory.
    Sensitivity(const Graph &graph, const Samples &samples, const Corrections &corrections);

    /// An operator's weights by a scheme, `op` counting operators.
    LayerWeights weights(size_t op, const WeightScheme &scheme) const;

    /// Sum of the squared differences of all outputs on the samples that judge, when operator `op`
    /// alone has these weights.
    double noise(size_t op, const LayerWeights &weights);

    /// Sum of the squares of all outputs.
    double signal() const { return signal_; }

private:
    void set(const Operator &op, const std::vector<float> &rows, const std::vector<float> &bias);
    /// The elements of a tensor for the samples that learn or that judge.
    std::span<const float> part(TensorId id, bool judge) const;

    const Graph &graph_;
    const Corrections corrections_;
    int64_t learners_, judges_;
    FloatExecutor executor_;
    std::vector<Values> exact_; ///< by tensor, of all samples
    double signal_ = 0;
};

/// Samples for a Sensitivity: as many as keep one run of them, and their memory, small.
int64_t samples_in_sensitivity(const Graph &graph);

} // namespace octet::quantize
