#include "compiler/quantize/soft_weights.h"

#include <algorithm>
#include <cmath>

namespace octet::quantize {

namespace {

// h(v) is stretched beyond [0, 1] and cut, so that it can reach both.
constexpr float stretch = 1.2f, shift = 0.1f;
// Where a weight starts between its level and its float value: near enough to the level that what
// the layer has learned is not lost, far enough that gradients can turn it.
constexpr float start_share = 0.5f;
constexpr float least_share = 0.05f, most_share = 0.45f;
// Beyond this a variable takes too long to come back.
constexpr float most_v = 4;

float logistic(float v) {
    return 1 / (1 + std::exp(-v));
}

} // namespace

std::vector<float> Adam::step(std::span<const float> gradient, float rate) {
    constexpr float keep_mean = 0.9f, keep_square = 0.999f, tiny = 1e-20f;
    ++steps_;
    const float mean_scale = 1 / (1 - std::pow(keep_mean, float(steps_)));
    const float square_scale = 1 / (1 - std::pow(keep_square, float(steps_)));
    std::vector<float> moves(gradient.size());
    for (size_t i = 0; i < gradient.size(); ++i) {
        mean_[i] = keep_mean * mean_[i] + (1 - keep_mean) * gradient[i];
        square_[i] = keep_square * square_[i] + (1 - keep_square) * gradient[i] * gradient[i];
        moves[i] = -rate * mean_[i] * mean_scale / (std::sqrt(square_[i] * square_scale) + tiny);
    }
    return moves;
}

SoftWeights::SoftWeights(const Rows &rows, const LayerWeights &layer, const WeightScheme &scheme)
    : layer_(layer), depth_(rows.depth), side_(rows.values.size()), v_(rows.values.size()),
      bias_(layer.bias), adam_(rows.values.size()), bias_adam_(layer.bias.size()) {
    for (int c = 0; c < rows.channels; ++c) {
        const Levels levels = levels_of(layer.weights, scheme, rows, c);
        const float scale = layer.weights.scale(c);
        for (int k = 0; k < rows.depth; ++k) {
            const size_t i = size_t(c) * size_t(rows.depth) + size_t(k);
            const int level = layer.weights.values[i] - layer.weights.zero_point(c);
            const float off = rows.values[i] / scale - float(level);
            int side = off >= 0 ? 1 : -1;
            if (level + side > levels.hi || level + side < levels.lo)
                side = -side;
            side_[i] = int8_t(side);
            const float h = std::clamp(start_share * off * float(side), least_share, most_share);
            const float p = (h + shift) / stretch;
            v_[i] = std::log(p / (1 - p));
        }
        // A bias moves in steps of what rounding one weight changes.
        bias_size_.push_back(scale);
    }
}

float SoftWeights::scale_of(size_t i) const {
    return layer_.weights.scale(int(i / size_t(depth_)));
}

float SoftWeights::share(size_t i) const {
    return std::clamp(stretch * logistic(v_[i]) - shift, 0.0f, 1.0f);
}

std::vector<float> SoftWeights::weights() const {
    std::vector<float> result(v_.size());
    for (size_t i = 0; i < result.size(); ++i) {
        const int c = int(i / size_t(depth_));
        const float level = float(layer_.weights.values[i] - layer_.weights.zero_point(c));
        result[i] = scale_of(i) * (level + float(side_[i]) * share(i));
    }
    return result;
}

void SoftWeights::step(std::span<const float> d_weights, std::span<const float> d_bias, float rate,
                       float pull, float sharpness) {
    std::vector<float> gradient(v_.size());
    for (size_t i = 0; i < gradient.size(); ++i) {
        const float p = logistic(v_[i]);
        gradient[i] = d_weights[i] * scale_of(i) * float(side_[i]) * stretch * p * (1 - p);
    }
    const std::vector<float> moves = adam_.step(gradient, rate);
    for (size_t i = 0; i < v_.size(); ++i) {
        // The slope of 1 - |2 h - 1|^sharpness, relative to its largest.
        const float from_middle = 2 * share(i) - 1;
        const float slope = std::pow(std::abs(from_middle), sharpness - 1);
        const float towards = from_middle >= 0 ? slope : -slope;
        v_[i] = std::clamp(v_[i] + moves[i] + rate * pull * towards, -most_v, most_v);
    }
    const std::vector<float> bias_moves = bias_adam_.step(d_bias, rate);
    for (size_t c = 0; c < bias_.size(); ++c)
        bias_[c] += bias_moves[c] * bias_size_[c];
}

LayerWeights SoftWeights::hardened() const {
    LayerWeights result = layer_;
    for (size_t i = 0; i < v_.size(); ++i)
        if (share(i) > 0.5f)
            result.weights.values[i] = int8_t(result.weights.values[i] + side_[i]);
    result.bias = bias_;
    return result;
}

} // namespace octet::quantize
