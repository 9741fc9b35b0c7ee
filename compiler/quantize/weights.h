// Quantized weights: which integers stand for a layer's real weights, each the nearest level.
//
// learn.h chooses levels by what the layer computes instead.
#pragma once

#include "compiler/quantize/levels.h"
#include "compiler/quantize/options.h"
#include "compiler/quantize/weighted.h"

#include <span>

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

/// The levels of channel c of weights that have their scales and codebooks.
Levels levels_of(const QuantizedWeights &weights, const WeightScheme &scheme, const Rows &rows,
                 int c);

/// Scales worth trying for channel c, the best for the nearest levels first; empty for a channel of
/// zeros.
std::vector<float> channel_scales(const Rows &rows, int c, const WeightScheme &scheme,
                                  const WeightContext &context);

} // namespace octet::quantize
