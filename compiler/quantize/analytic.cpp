#include "compiler/quantize/analytic.h"

namespace octet::quantize {

namespace {

/// The input channel that weight k of output channel c meets.
int64_t input_channel(const Graph &graph, const Operator &op, const Rows &rows, int c, int k) {
    const int channels = graph.tensor(op.inputs[0]).shape.back();
    if (op.kind == OpKind::depthwise_conv2d)
        return c / op.as<DepthwiseConv2dAttributes>().multiplier;
    if (op.kind != OpKind::conv2d)
        return k % channels;
    const int groups = op.as<Conv2dAttributes>().groups;
    const int group = c / (rows.channels / groups), in_group = channels / groups;
    return group * in_group + k % in_group;
}

} // namespace

void correct_biases(const Graph &graph, const Statistics &statistics,
                    std::vector<std::optional<LayerWeights>> &layers) {
    for (size_t i = 0; i < layers.size(); ++i) {
        if (!layers[i])
            continue;
        const Operator &op = graph.operators[i];
        const auto &means = statistics.of(op.inputs[0]).channels;
        if (!means)
            continue;
        const Rows rows = weight_rows(graph, op), real = layers[i]->weights.real(rows);
        for (int c = 0; c < rows.channels; ++c) {
            double shift = 0;
            for (int k = 0; k < rows.depth; ++k)
                shift += (double(real.row(c)[k]) - rows.row(c)[k]) *
                         means->mean(input_channel(graph, op, rows, c, k));
            layers[i]->bias[size_t(c)] -= float(shift);
        }
    }
}

} // namespace octet::quantize
