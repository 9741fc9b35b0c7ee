// Soft weights: a layer's weights on their way from one level to a neighbour, and its bias, with
// the state of the optimizer that moves them (learn_blocks.h has the formulas).
#pragma once

#include "compiler/quantize/assemble.h"

namespace octet::quantize {

/// Adam (Kingma and Ba, 2015) for a list of variables.
class Adam {
public:
    explicit Adam(size_t count) : mean_(count), square_(count) {}

    /// What the variables should move by, of size `rate` where gradients agree.
    std::vector<float> step(std::span<const float> gradient, float rate);

private:
    std::vector<float> mean_, square_;
    int steps_ = 0;
};

class SoftWeights {
public:
    /// `rows` are the float weights, `layer` what they have become so far.
    SoftWeights(const Rows &rows, const LayerWeights &layer, const WeightScheme &scheme);

    /// The weights as they are now, as rows.
    std::vector<float> weights() const;
    const std::vector<float> &bias() const { return bias_; }

    /// Moves along the gradients by weights (as rows) and bias, then towards 0 or 1 with `pull`
    /// (relative to Adam's step) where |2 h - 1|^sharpness is the slope's shape.
    void step(std::span<const float> d_weights, std::span<const float> d_bias, float rate,
              float pull, float sharpness);

    /// The layer with every weight at the nearer level.
    LayerWeights hardened() const;

private:
    float share(size_t i) const; ///< h
    float scale_of(size_t i) const;

    const LayerWeights layer_;
    int depth_;
    std::vector<int8_t> side_; ///< -1 or 1: where the other level lies; 0: there is none
    std::vector<float> v_, bias_, bias_size_;
    Adam adam_, bias_adam_;
};

} // namespace octet::quantize
