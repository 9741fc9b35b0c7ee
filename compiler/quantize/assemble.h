// Assembly: the quantized Graph of a float one, its plan and its layers' integers.
//
// Nothing is decided here but where integers and reals meet: an operator QUANTIZE or DEQUANTIZE
// stands between, one for each tensor that is needed in both forms. Layers that compute
// `weight_only` or `dynamic` read reals and hold integers.
#pragma once

#include "compiler/quantize/plan.h"
#include "compiler/quantize/weights.h"

namespace octet::quantize {

/// What an operator with weights computes with.
struct LayerWeights {
    QuantizedWeights weights;
    std::vector<float> bias;
};

/// `layers` has an entry for each operator with weights that is quantized. `ends` says whether the
/// network's inputs and outputs are integers, where the operators at them are. The result is
/// checked.
Graph assemble(const Graph &graph, const Plan &plan,
               const std::vector<std::optional<LayerWeights>> &layers, Ends ends,
               Rounding rounding);

/// Scales of weights below which the bias would not fit in 32 bits, for an input on this grid; none
/// beside 16-bit activations, whose biases have 64.
std::vector<float> least_scales(const std::vector<float> &bias, const ActivationPlan &input);

} // namespace octet::quantize
