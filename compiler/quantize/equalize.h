// Cross-layer equalization: channels between two layers are rescaled so that none has far smaller
// values than the others, which a common grid would leave few steps.
//
//     relu(W1 x + b1) -> W2     =     relu(W1 x / s + b1 / s) -> W2 s
//
// for positive s per channel (Nagel et al., 2019, "Data-free quantization through weight
// equalization and bias correction"). RELU6 cuts each channel at another place then, so it is
// replaced by RELU: exact where no value reaches 6, and measured by the caller otherwise.
#pragma once

#include "compiler/quantize/observe.h"

namespace octet::quantize {

/// What is made alike between the channels.
enum class Equalization : uint8_t {
    weights,     ///< the first layer's weights against the second's: for weights on one grid
    activations, ///< the values between them against the second's weights: for weights per channel
};

std::string_view to_text(Equalization what);

/// Equalizes all pairs of layers until nothing changes; `statistics` are the graph's before.
/// Returns the number of pairs.
size_t equalize(Graph &graph, const Statistics &statistics, Equalization what);

} // namespace octet::quantize
