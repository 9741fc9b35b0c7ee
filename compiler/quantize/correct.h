// The walk through the network, layer by layer in both forms, in which integers are chosen.
//
// Two networks run side by side over the calibration data: the float one and the quantized one, in
// float arithmetic with every value on its grid. At each layer both inputs are known, so its
// weights and bias can make good what the layers before it have lost; and its noise can be
// measured, alone and in the running network.
#pragma once

#include "compiler/quantize/assemble.h"

namespace octet::quantize {

struct LayerOutcome {
    double sqnr_alone = 0;   ///< dB of its output when only this layer is quantized (alone.h)
    double sqnr_running = 0; ///< dB of its output in the quantized network
    double saturated = 0;    ///< share of its float outputs that the grid cuts off
};

struct Outcome {
    std::vector<std::optional<LayerWeights>> weights; ///< by operator
    std::vector<LayerOutcome> layers;                 ///< by operator
    double output_sqnr = 0;                           ///< dB over all outputs of the network
};

/// How many samples the walk holds in memory at once for both networks.
int64_t samples_in_walk(const Graph &graph);

/// `exact` are the network's outputs that output_sqnr compares with, in order.
Outcome correct(const Graph &graph, const Plan &plan, const Samples &samples,
                const std::vector<Values> &exact, const Corrections &corrections,
                const Progress &progress = {});

/// The same walk for layers that have been chosen already, by operator.
Outcome measure(const Graph &graph, const Plan &plan, const Samples &samples,
                const std::vector<Values> &exact,
                const std::vector<std::optional<LayerWeights>> &layers,
                const Progress &progress = {});

} // namespace octet::quantize
