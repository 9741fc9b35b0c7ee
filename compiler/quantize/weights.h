// Quantized weights: which integers stand for a layer's real weights.
//
// Rounding each weight to the nearest level minimises the error of the weights, not of what the
// layer computes. `learn_rounding` minimises the latter on calibration data: with v the integers of
// a channel in units of its scale s, H = Cov[x, x] and p = Cov[x, t] (moments.h), the mean squared
// error of its output is, up to a constant,
//
//     f(v) = s^2 v.Hv - 2 s v.p
//
// an integer least-squares problem. It is solved as such problems are: the levels are decided one
// after the other, from the input with the most energy to that with the least, each time for the
// best real values of those that remain (Babai's nearest plane on the Cholesky factor of H, which
// is what GPTQ computes: Frantar et al., 2023; Chen et al., 2025), then coordinate descent as long
// as any single change helps. AdaRound (Nagel et al., 2020) searches the same problem by gradient
// descent, with levels restricted to the two neighbours of a weight.
#pragma once

#include "compiler/quantize/moments.h"
#include "compiler/quantize/options.h"

namespace octet::quantize {

struct QuantizedWeights {
    std::vector<int8_t> values;       ///< rows of channels, as Rows::values
    std::vector<float> scales;        ///< one, or one per channel
    std::vector<int32_t> zero_points; ///< as many
    WeightStorage storage;

    float scale(int channel) const { return scales[scales.size() > 1 ? size_t(channel) : 0]; }
    int32_t zero_point(int channel) const {
        return zero_points[zero_points.size() > 1 ? size_t(channel) : 0];
    }
    /// The real weights that they stand for.
    Rows real(const Rows &shape) const;
};

/// What is known of a layer beside its weights.
struct WeightContext {
    /// The energy of the input that a weight meets (depth values for each group of channels): it
    /// weighs the errors where scales and centroids are searched. Empty: all equal.
    std::vector<float> importance;
    int groups = 1;
    /// Scales that the bias needs to fit in 32 bits, per channel. Empty: none.
    std::vector<float> least_scales;
};

/// Each weight becomes the nearest level.
QuantizedWeights round_to_nearest(const Operator &op, const Rows &rows, const WeightScheme &scheme,
                                  const WeightContext &context = {});

/// Levels that lose least on the calibration data behind `moments`, with the scales and centroids
/// of round_to_nearest or, below 8 bits, the best of a few near them.
QuantizedWeights learn_rounding(const Operator &op, const Rows &rows, const WeightScheme &scheme,
                                const Moments &moments, const WeightContext &context = {});

/// The best bias for these weights: b_c = E[t_c] - w_c . E[x].
std::vector<float> best_bias(const Rows &real_weights, const Moments &moments);

/// E[x_k^2] about the mean for each group's inputs: the importance of its weights.
std::vector<float> input_energy(const Moments &moments);

} // namespace octet::quantize
