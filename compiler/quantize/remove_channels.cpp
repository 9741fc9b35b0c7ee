// Removal of channels that cannot vary, or that nobody looks at.
#include "compiler/quantize/channels.h"
#include "compiler/quantize/prepare.h"
#include "compiler/reference/accumulate.h"

#include <fmt/format.h>

#include <algorithm>

namespace octet::quantize {

namespace {

float apply(Activation activation, float value) {
    const auto [lowest, highest] = reference::real_range(activation);
    return std::clamp(value, lowest, highest);
}

bool pads(const Operator &op) {
    if (const auto *conv = std::get_if<Conv2dAttributes>(&op.attributes))
        return conv->padding.any();
    return op.kind != OpKind::fully_connected; // Transposed convolutions: the edges see fewer taps.
}

/// The rows of `values` (channels of `depth` elements) that are kept.
std::vector<float> kept_rows(const std::vector<float> &values, int depth,
                             const std::vector<int> &keep) {
    std::vector<float> result;
    for (int c : keep)
        result.insert(result.end(), values.begin() + long(c) * depth,
                      values.begin() + long(c + 1) * depth);
    return result;
}

/// Replaces a constant's elements and sets its extent along `axis`.
void resize_constant(Tensor &tensor, size_t axis, int extent, const std::vector<float> &values) {
    tensor.shape[axis] = extent;
    set_floats(tensor, values);
}

/// Only these output channels of `op` remain, whose weights are rows of channels.
void keep_outputs(Graph &graph, Operator &op, const std::vector<int> &keep) {
    const Rows rows = weight_rows(graph, op);
    std::vector<float> bias = kept_rows(bias_of(graph, op), 1, keep);
    Tensor &weights = graph.tensor(op.inputs[1]);
    Shape shape = weights.shape;
    shape[size_t(channel_axis(op))] = int(keep.size());
    const std::vector<float> values =
        from_rows(op, shape, kept_rows(rows.values, rows.depth, keep));
    resize_constant(weights, size_t(channel_axis(op)), int(keep.size()), values);
    if (op.input(2) != no_tensor)
        resize_constant(graph.tensor(op.inputs[2]), 0, int(keep.size()), bias);
    graph.tensor(op.outputs[0]).shape.back() = int(keep.size());
}

/// Only these input channels of `op` remain.
void keep_inputs(Graph &graph, const Operator &op, int channels, const std::vector<int> &keep) {
    const Rows rows = weight_rows(graph, op);
    std::vector<float> values;
    for (int co = 0; co < rows.channels; ++co)
        for (int tap = 0; tap < rows.depth; tap += channels)
            for (int c : keep)
                values.push_back(rows.row(co)[tap + c]);
    Tensor &weights = graph.tensor(op.inputs[1]);
    resize_constant(weights, weights.shape.size() - 1, int(keep.size()), values);
}

/// Adds to the reader's bias what input channel c contributes when it is `value` everywhere.
void absorb_constant(Graph &graph, Operator &reader, int channels, int c, float value) {
    Rows rows = weight_rows(graph, reader);
    std::vector<float> bias = bias_of(graph, reader);
    for (int co = 0; co < rows.channels; ++co)
        for (int k = c; k < rows.depth; k += channels)
            bias[size_t(co)] += value * rows.row(co)[k];
    set_bias(graph, reader, bias);
}

bool all_zero(const float *begin, int count) {
    return std::all_of(begin, begin + count, [](float value) { return value == 0; });
}

bool removable_producer(const Operator &op) {
    if (const auto *conv = std::get_if<Conv2dAttributes>(&op.attributes))
        return conv->groups == 1;
    return op.kind == OpKind::fully_connected;
}

} // namespace

std::vector<std::string> remove_channels(Graph &graph) {
    for (const ChannelPair &pair : channel_pairs(graph)) {
        Operator &producer = graph.operators[size_t(pair.first)];
        Operator &reader = graph.operators[size_t(pair.second)];
        if (!removable_producer(producer) || reader.kind == OpKind::depthwise_conv2d)
            continue;
        const Rows made = weight_rows(graph, producer);
        Rows used = weight_rows(graph, reader);
        const std::vector<float> bias = bias_of(graph, producer);
        const int channels = made.channels;
        std::vector<int> keep;
        std::vector<std::pair<int, float>> constants;
        for (int c = 0; c < channels; ++c) {
            bool unused = true;
            for_input_channel(reader, used, c, channels,
                              [&](float weight) { unused = unused && weight == 0; });
            const float value = apply(activation_of(producer), bias[size_t(c)]);
            const bool constant =
                all_zero(made.row(c), made.depth) && (value == 0 || !pads(reader));
            if (!unused && !constant)
                keep.push_back(c);
            else if (!unused && value != 0)
                constants.emplace_back(c, value);
        }
        if (keep.empty()) // A tensor has at least one channel.
            keep.push_back(0);
        if (int(keep.size()) == channels)
            continue;
        std::erase_if(constants, [&](const auto &entry) { return entry.first == keep[0]; });
        for (const auto &[c, value] : constants)
            absorb_constant(graph, reader, channels, c, value);
        keep_inputs(graph, reader, channels, keep);
        keep_outputs(graph, producer, keep);
        return {fmt::format("{} ({} of {})", producer.name, channels - int(keep.size()), channels)};
    }
    return {};
}

} // namespace octet::quantize
