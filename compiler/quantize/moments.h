// Moments: all that the best weights of a layer depend on, from calibration data.
//
// A channel computes y = w . x over the patches x of its input. Its mean squared error against a
// target t, E[(w . x + b - t)^2], is a quadratic form of w in the patches' second moments; so
// however many samples there are, choosing weights needs only
//
//     xx = Cov[x, x]    (depth, depth), one for each group of channels
//     xt = Cov[x, t_c]  (depth) for every channel c
//
// and the means, from which the best bias follows: b = E[t] - w . E[x]. Patches come from the
// quantized network so far and targets from the float one, so that each layer makes good what the
// layers before it have lost.
#pragma once

#include "compiler/quantize/matrix.h"
#include "compiler/quantize/weighted.h"

#include <span>

namespace octet::quantize {

struct Moments {
    int channels = 0, depth = 0, groups = 1;
    int64_t count = 0;             ///< patches
    std::vector<Matrix> xx;        ///< one per group
    std::vector<float> xt;         ///< channels * depth
    std::vector<float> mean_x;     ///< groups * depth
    std::vector<float> mean_t;     ///< channels
    std::vector<float> variance_t; ///< channels

    int group_of(int channel) const { return channel / (channels / groups); }
};

/// Whether moments() knows the operator's patches.
bool has_moments(const Operator &op);

/// The moments of an operator with weights. `quantized` and `exact` are its input in both networks
/// for `samples` samples; targets are what the float weights and bias of `graph` make of `exact`,
/// before the activation, plus `correction` where it is not empty (shaped as the output). At most
/// `most_patches` positions are used, evenly spread; 0: enough for the depth.
Moments moments(const Graph &graph, const Operator &op, std::span<const float> quantized,
                std::span<const float> exact, int64_t samples,
                std::span<const float> correction = {}, int64_t most_patches = 0);

} // namespace octet::quantize
