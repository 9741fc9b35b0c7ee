// Bias absorption: what a channel has at least, always, moves into the bias of the layer behind.
//
//     relu(W1 x + b1) -> W2, b2     =     relu(W1 x + b1 - c) -> W2, b2 + W2 c
//
// as long as W1 x + b1 >= c >= 0 (Nagel et al., 2019, "Data-free quantization through weight
// equalization and bias correction"). Where equalization has scaled channels up, biases may be
// large, and the values between the layers use a part of their grid only.
#pragma once

#include "compiler/quantize/observe.h"

namespace octet::quantize {

/// Absorbs between all pairs of layers with RELU between them (or RELU6 that cuts off nothing): c
/// is the channel's least value that was observed, so the network stays as it was on this data. Not
/// where the layer behind pads its input, whose zeros would have to become -c. `statistics` are the
/// graph's before. Returns the number of channels that changed.
size_t absorb_biases(Graph &graph, const Statistics &statistics);

} // namespace octet::quantize
