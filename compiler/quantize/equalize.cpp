#include "compiler/quantize/equalize.h"

#include "compiler/quantize/channels.h"

#include <algorithm>
#include <cmath>

namespace octet::quantize {

namespace {

/// Channels are scaled by no more than this at once: beyond it the data say too little.
constexpr float most = 1000;

/// Positive scales pass through the activation, RELU6 being replaced.
bool passes_scales(Activation activation) {
    return activation != Activation::relu_n1_to_1;
}

/// Divides output channel c of the first operator by scale[c] and multiplies the second's weights
/// for it.
void rescale(Graph &graph, const ChannelPair &pair, const std::vector<float> &scale) {
    Operator &first = graph.operators[size_t(pair.first)];
    const Operator &second = graph.operators[size_t(pair.second)];
    Rows made = weight_rows(graph, first), used = weight_rows(graph, second);
    std::vector<float> bias = bias_of(graph, first);
    for (int c = 0; c < made.channels; ++c) {
        for (int k = 0; k < made.depth; ++k)
            made.row(c)[k] /= scale[size_t(c)];
        bias[size_t(c)] /= scale[size_t(c)];
        for_input_channel(second, used, c, made.channels,
                          [&](float &weight) { weight *= scale[size_t(c)]; });
    }
    set_weight_rows(graph, first, made);
    set_weight_rows(graph, second, used);
    set_bias(graph, first, bias);
    if (Activation *activation = fused_activation(first); *activation == Activation::relu6)
        *activation = Activation::relu;
}

} // namespace

std::string_view to_text(Equalization what) {
    return what == Equalization::weights ? "weights" : "activations";
}

size_t equalize(Graph &graph, const Statistics &statistics, Equalization what) {
    std::vector<ChannelPair> pairs = channel_pairs(graph);
    std::erase_if(pairs, [&](const ChannelPair &pair) {
        return !passes_scales(activation_of(graph.operators[size_t(pair.first)]));
    });
    // What a channel's values reach, as rescaled so far.
    std::vector<std::vector<float>> reach(pairs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
        const TensorId between = graph.operators[size_t(pairs[i].first)].outputs[0];
        const auto &channels = statistics.of(between).channels;
        if (!channels)
            continue;
        for (int64_t c = 0; c < channels->channels(); ++c)
            reach[i].push_back(std::max(std::abs(channels->min(c)), std::abs(channels->max(c))));
    }
    constexpr int sweeps = 20;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        float change = 1;
        for (size_t i = 0; i < pairs.size(); ++i) {
            const Operator &first = graph.operators[size_t(pairs[i].first)];
            const Operator &second = graph.operators[size_t(pairs[i].second)];
            Rows made = weight_rows(graph, first), used = weight_rows(graph, second);
            std::vector<float> scale(size_t(made.channels), 1.0f);
            for (int c = 0; c < made.channels; ++c) {
                float before = 0, after = 0;
                if (what == Equalization::activations && !reach[i].empty())
                    before = reach[i][size_t(c)];
                else
                    for (int k = 0; k < made.depth; ++k)
                        before = std::max(before, std::abs(made.row(c)[k]));
                for_input_channel(second, used, c, made.channels,
                                  [&](float weight) { after = std::max(after, std::abs(weight)); });
                if (!(before > 0) || !(after > 0))
                    continue; // A channel that never fires keeps its scale.
                scale[size_t(c)] = std::clamp(std::sqrt(before / after), 1 / most, most);
                if (!reach[i].empty())
                    reach[i][size_t(c)] /= scale[size_t(c)];
                change = std::max({change, scale[size_t(c)], 1 / scale[size_t(c)]});
            }
            rescale(graph, pairs[i], scale);
        }
        if (change < 1.01f)
            break;
    }
    return pairs.size();
}

} // namespace octet::quantize
