#include "compiler/quantize/channels.h"

namespace octet::quantize {

namespace {

/// Input channel c of `reader` is the last index of its input tensor, and each of its weights meets
/// one of them.
bool reads_channels(const Graph &graph, const Operator &reader) {
    const Shape &input = graph.tensor(reader.inputs[0]).shape;
    const Shape &weights = graph.tensor(reader.inputs[1]).shape;
    switch (reader.kind) {
    case OpKind::conv2d:
        return reader.as<Conv2dAttributes>().groups == 1;
    case OpKind::depthwise_conv2d:
        return reader.as<DepthwiseConv2dAttributes>().multiplier == 1;
    case OpKind::transpose_conv2d:
        return true;
    case OpKind::fully_connected:
        return !input.empty() && input.back() == weights.back();
    default:
        return false;
    }
}

} // namespace

std::vector<ChannelPair> channel_pairs(const Graph &graph) {
    const Connections connections(graph);
    std::vector<ChannelPair> pairs;
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator &first = graph.operators[i];
        if (!has_weights(graph, first))
            continue;
        const int reader = connections.only_reader(first.outputs[0]);
        if (reader < 0)
            continue;
        const Operator &second = graph.operators[size_t(reader)];
        if (has_weights(graph, second) && second.inputs[0] == first.outputs[0] &&
            reads_channels(graph, second))
            pairs.push_back({int(i), reader});
    }
    return pairs;
}

} // namespace octet::quantize
