// Analytic bias correction: what rounding a layer's weights adds to its outputs on average, taken
// from its bias.
//
//     E[w' x + b'] = E[w x + b]     for     b' = b - sum over k of (w'[k] - w[k]) E[x[k]]
//
// (Nagel et al., 2019). It needs no samples but the channels' means, which stored statistics have;
// so it is what can be done where the data is no longer there. The mean of an input at each tap is
// that of its channel: borders, where taps meet padding, are not told apart.
#pragma once

#include "compiler/quantize/assemble.h"
#include "compiler/quantize/observe.h"

namespace octet::quantize {

/// Corrects the biases of all `layers`, by operator, whose weights stand for those of the graph's.
void correct_biases(const Graph &graph, const Statistics &statistics,
                    std::vector<std::optional<LayerWeights>> &layers);

} // namespace octet::quantize
