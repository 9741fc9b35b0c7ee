// Rewrites of the Graph that leave every remaining operator's values unchanged.
#include "compiler/lower/lower.h"
#include "compiler/reference/lookup_table.h"
#include "compiler/reference/relu.h"

#include <algorithm>
#include <optional>

namespace octet::lower {

namespace {

/// The operator that alone reads `tensor`, or none; a model output has another reader.
Operator *only_reader(Graph &graph, TensorId tensor) {
    if (std::find(graph.outputs.begin(), graph.outputs.end(), tensor) != graph.outputs.end())
        return nullptr;
    Operator *reader = nullptr;
    for (Operator &op : graph.operators)
        for (TensorId input : op.inputs)
            if (input == tensor) {
                if (reader)
                    return nullptr;
                reader = &op;
            }
    return reader;
}

/// The spatial part of `pads` (NHWC), or nothing when other axes are padded.
bool spatial_padding(const PadAttributes &attributes, Padding &padding) {
    const auto &pads = attributes.pads;
    if (pads.size() != 4 || pads[0] != std::pair(0, 0) || pads[3] != std::pair(0, 0))
        return false;
    padding = {pads[1].first, pads[1].second, pads[2].first, pads[2].second};
    return padding.top >= 0 && padding.bottom >= 0 && padding.left >= 0 && padding.right >= 0;
}

void add_padding(Padding &padding, const Padding &more) {
    padding.top += more.top;
    padding.bottom += more.bottom;
    padding.left += more.left;
    padding.right += more.right;
}

/// PAD pads with the zero point, as convolutions do: it becomes part of the convolution behind it.
bool fuse_pad(Graph &graph, Operator &pad) {
    Padding padding;
    if (pad.kind != OpKind::pad || !spatial_padding(pad.as<PadAttributes>(), padding))
        return false;
    Operator *reader = only_reader(graph, pad.outputs[0]);
    if (!reader || reader->inputs[0] != pad.outputs[0])
        return false;
    const Tensor &before = graph.tensor(pad.inputs[0]), &after = graph.tensor(pad.outputs[0]);
    if (!(before.quantization == after.quantization))
        return false;
    if (auto *conv = std::get_if<Conv2dAttributes>(&reader->attributes))
        add_padding(conv->padding, padding);
    else if (auto *depthwise = std::get_if<DepthwiseConv2dAttributes>(&reader->attributes))
        add_padding(depthwise->padding, padding);
    else
        return false;
    reader->inputs[0] = pad.inputs[0];
    return true;
}

/// The activation that `op` applies to its output, or none where its kind has no such attribute.
Activation *fused_activation(Operator &op) {
    return std::visit(
        [](auto &attributes) -> Activation * {
            if constexpr (requires { attributes.activation; })
                return &attributes.activation;
            else
                return nullptr;
        },
        op.attributes);
}

/// The one of two activations that clamps `output` as both do one after the other, if either does.
std::optional<Activation> stricter(Activation a, Activation b, const Tensor &output) {
    const auto range_a = activation_range(a, output), range_b = activation_range(b, output);
    const auto within = [](const auto &inner, const auto &outer) {
        return inner.first >= outer.first && inner.second <= outer.second;
    };
    if (within(range_b, range_a))
        return b;
    return within(range_a, range_b) ? std::optional(a) : std::nullopt;
}

/// True when the stand-alone activation `op` does nothing but clamp stored values to its range.
bool only_clamps(const Graph &graph, const Operator &op) {
    const Tensor &input = graph.tensor(op.inputs[0]), &output = graph.tensor(op.outputs[0]);
    if (input.dtype != output.dtype || !(input.quantization == output.quantization) ||
        !reference::has_lookup_table(graph, op))
        return false;
    const auto [lo, hi] = activation_range(reference::activation_of(op.kind), output);
    const std::array<uint8_t, 256> table = reference::lookup_table(graph, op);
    for (int byte = 0; byte < 256; ++byte) {
        const int32_t value = input.dtype == DType::s8 ? int8_t(uint8_t(byte)) : byte;
        if (table[size_t(byte)] != uint8_t(std::clamp(value, lo, hi)))
            return false;
    }
    return true;
}

/// RELU, RELU6 or RELU_N1_TO_1 of its own becomes the activation of the operator before it.
bool fuse_activation(Graph &graph, Operator &op) {
    const Activation activation = reference::activation_of(op.kind);
    if (activation == Activation::none || !only_clamps(graph, op) ||
        only_reader(graph, op.inputs[0]) != &op)
        return false;
    for (Operator &producer : graph.operators) {
        if (producer.outputs[0] != op.inputs[0])
            continue;
        Activation *fused = fused_activation(producer);
        if (!fused)
            return false;
        const auto both = stricter(*fused, activation, graph.tensor(op.outputs[0]));
        if (!both)
            return false;
        *fused = *both;
        producer.outputs[0] = op.outputs[0];
        return true;
    }
    return false;
}

} // namespace

Graph fuse(const Graph &graph, std::vector<std::string> &notes) {
    Graph result = graph;
    for (size_t i = 0; i < result.operators.size();) {
        if (fuse_pad(result, result.operators[i])) {
            notes.push_back(result.operators[i].name +
                            ": padding moved into the operator behind it");
            result.operators.erase(result.operators.begin() + long(i));
        } else if (fuse_activation(result, result.operators[i])) {
            notes.push_back(result.operators[i].name +
                            ": activation moved into the operator before it");
            result.operators.erase(result.operators.begin() + long(i));
        } else {
            ++i;
        }
    }
    return result;
}

} // namespace octet::lower
