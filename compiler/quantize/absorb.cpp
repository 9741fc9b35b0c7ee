#include "compiler/quantize/absorb.h"

#include "compiler/quantize/channels.h"

#include <algorithm>

namespace octet::quantize {

namespace {

/// Below this share of the channel's largest value there is nothing to gain.
constexpr float least_share = 0.01f;

bool pads(const Operator &op) {
    return std::visit(
        [](const auto &attributes) {
            if constexpr (requires { attributes.padding; })
                return attributes.padding.any();
            else
                return false;
        },
        op.attributes);
}

/// A transposed convolution's windows are cut off at the borders, too.
bool reads_whole_windows(const Operator &op) {
    return op.kind != OpKind::transpose_conv2d && !pads(op);
}

/// What may be taken from a channel; 0: nothing.
float surplus(Activation activation, const ChannelStatistics &channels, int c) {
    const float least = channels.min(c), most = channels.max(c);
    const bool uncut =
        activation == Activation::relu || (activation == Activation::relu6 && most < 6.0f);
    return uncut && least > least_share * most ? least : 0.0f;
}

} // namespace

size_t absorb_biases(Graph &graph, const Statistics &statistics) {
    size_t changed = 0;
    for (const ChannelPair &pair : channel_pairs(graph)) {
        Operator &first = graph.operators[size_t(pair.first)];
        Operator &second = graph.operators[size_t(pair.second)];
        const auto &channels = statistics.of(first.outputs[0]).channels;
        if (!channels || !reads_whole_windows(second))
            continue;
        std::vector<float> given = bias_of(graph, first), taken = bias_of(graph, second);
        Rows rows = weight_rows(graph, second);
        const int count = int(given.size());
        const size_t before = changed;
        for (int c = 0; c < count; ++c) {
            const float shift = surplus(activation_of(first), *channels, c);
            if (shift <= 0)
                continue;
            ++changed;
            given[size_t(c)] -= shift;
            size_t place = 0; // Weights come channel by channel of the output.
            const size_t each = second.kind == OpKind::depthwise_conv2d
                                    ? size_t(rows.depth)
                                    : size_t(rows.depth / count);
            for_input_channel(second, rows, c, count, [&](float weight) {
                const size_t co =
                    second.kind == OpKind::depthwise_conv2d ? size_t(c) : place++ / each;
                taken[co] += weight * shift;
            });
        }
        if (changed == before)
            continue;
        set_bias(graph, first, given);
        set_bias(graph, second, taken);
    }
    return changed;
}

} // namespace octet::quantize
