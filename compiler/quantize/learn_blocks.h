// Learned rounding by blocks: what the layers of a block compute together counts.
//
// The walk through the network (correct.h) chooses each layer's levels for what this layer
// computes. Here all weights of a block are chosen again, each between the level that it has and
// the neighbour on the side of its float value, such that the block's outputs come closest to the
// float network's, on the values that the quantized network gives it (AdaRound: Nagel et al., 2020;
// by blocks: Li et al., 2021, "BRECQ"). A weight is
//
//     w = scale (level + side h(v)),   h(v) = clamp(1.2 / (1 + exp(-v)) - 0.1, 0, 1)
//
// where v moves along the gradient of the squared error, by Adam, on a few samples at a time;
// activations inside the block are put on their grids, which gradients pass straight through. As
// learning proceeds every h is drawn towards 0 or 1 more and more strongly: beside Adam's step and
// not as a part of the loss, because then the strength needs no scale. Biases learn along.
//
// A quarter of the samples is held out. A block's new weights stay only where they are better on
// these.
#pragma once

#include "compiler/quantize/correct.h"

namespace octet::quantize {

struct BlockOptions {
    int iterations = 1000; ///< of each block
    int batch = 32;        ///< samples of an iteration, at most
};

struct BlockGain {
    std::string name;             ///< of the block's last operator
    double before = 0, after = 0; ///< squared error on the held-out samples, relative to the signal
    bool kept = false;
};

/// Improves the weights and biases of `layers`, by operator, block by block. Layers with codebooks
/// stay as they are. Returns what each block gained.
std::vector<BlockGain> learn_blocks(const Graph &graph, const Plan &plan, const Samples &samples,
                                    std::vector<std::optional<LayerWeights>> &layers,
                                    const BlockOptions &options = {},
                                    const Progress &progress = {});

} // namespace octet::quantize
