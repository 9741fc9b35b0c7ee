// Fusions of preparation: several operators that integer kernels compute as one.
#include "compiler/graph/connections.h"
#include "compiler/import/fold.h"
#include "compiler/quantize/prepare.h"
#include "compiler/quantize/weighted.h"
#include "compiler/reference/relu.h"

#include <algorithm>
#include <cmath>

namespace octet::quantize {

namespace {

/// Removes operator `index`, whose output's readers now read `replacement`.
void bypass(Graph &graph, int index, TensorId replacement) {
    const TensorId gone = graph.operators[size_t(index)].outputs[0];
    graph.operators.erase(graph.operators.begin() + index);
    for (Operator &op : graph.operators)
        for (TensorId &id : op.inputs)
            if (id == gone)
                id = replacement;
}

/// Removes operator `index`: the operator before it writes what it wrote.
void absorb_into_producer(Graph &graph, int index, Operator &producer) {
    producer.outputs[0] = graph.operators[size_t(index)].outputs[0];
    graph.operators.erase(graph.operators.begin() + index);
}

/// The constant operand of a binary operator as one value per channel of its output, and which
/// operand it is; nothing where none is constant or it varies along another axis.
std::optional<std::pair<std::vector<float>, size_t>> channel_constant(const Graph &graph,
                                                                      const Operator &op) {
    if (op.inputs.size() != 2)
        return std::nullopt;
    const Tensor &output = graph.tensor(op.outputs[0]);
    const int channels = output.shape.empty() ? 1 : output.shape.back();
    for (size_t i : {size_t(1), size_t(0)}) {
        const Tensor &operand = graph.tensor(op.inputs[i]);
        if (!operand.constant() || operand.dtype != DType::f32 ||
            graph.tensor(op.inputs[1 - i]).shape != output.shape)
            continue;
        std::vector<float> values = floats_of(operand);
        if (values.size() == 1)
            values.assign(size_t(channels), values[0]);
        if (int(values.size()) != channels ||
            (operand.elements() > 1 && operand.shape.back() != channels))
            continue;
        return std::pair(std::move(values), i);
    }
    return std::nullopt;
}

/// Applies y' = y * scale + shift to the output of `producer`.
void scale_output(Graph &graph, Operator &producer, const std::vector<float> &scale,
                  const std::vector<float> &shift) {
    Rows rows = weight_rows(graph, producer);
    std::vector<float> bias = bias_of(graph, producer);
    for (int c = 0; c < rows.channels; ++c) {
        for (int k = 0; k < rows.depth; ++k)
            rows.row(c)[k] *= scale[size_t(c)];
        bias[size_t(c)] = bias[size_t(c)] * scale[size_t(c)] + shift[size_t(c)];
    }
    set_weight_rows(graph, producer, rows);
    set_bias(graph, producer, bias);
}

/// Whether a convolution may have this padding: on each side less than its window reaches.
bool fits_window(const Shape &weights, const Operator &op, const Padding &padding) {
    const auto fits = [&](const auto &attributes) {
        const int rows = attributes.dilation_h * (weights[1] - 1) + 1;
        const int columns = attributes.dilation_w * (weights[2] - 1) + 1;
        return std::max(padding.top, padding.bottom) < rows &&
               std::max(padding.left, padding.right) < columns;
    };
    if (const auto *conv = std::get_if<Conv2dAttributes>(&op.attributes))
        return fits(*conv);
    return fits(op.as<DepthwiseConv2dAttributes>());
}

} // namespace

std::vector<std::string> fold_scalings(Graph &graph) {
    const Connections connections(graph);
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator &op = graph.operators[i];
        if (op.kind != OpKind::mul && op.kind != OpKind::add && op.kind != OpKind::sub)
            continue;
        const auto constant = channel_constant(graph, op);
        if (!constant)
            continue;
        const TensorId input = op.inputs[1 - constant->second];
        const int before = connections.producer(input);
        if (before < 0 || connections.only_reader(input) != int(i))
            continue;
        Operator &producer = graph.operators[size_t(before)];
        if (!has_weights(graph, producer) || activation_of(producer) != Activation::none)
            continue;
        std::vector<float> scale(constant->first.size(), 1.0f), shift(constant->first.size(), 0.0f);
        if (op.kind == OpKind::mul)
            scale = constant->first;
        else if (op.kind == OpKind::add)
            shift = constant->first;
        else
            for (size_t c = 0; c < shift.size(); ++c) { // y - k, or k - y
                scale[c] = constant->second == 1 ? 1.0f : -1.0f;
                shift[c] = constant->second == 1 ? -constant->first[c] : constant->first[c];
            }
        const std::string name = op.name;
        if (Activation *activation = fused_activation(producer))
            *activation = activation_of(op);
        scale_output(graph, producer, scale, shift);
        absorb_into_producer(graph, int(i), producer);
        return {name};
    }
    return {};
}

std::vector<std::string> fuse_hard_swish(Graph &graph) {
    const Connections connections(graph);
    const auto scalar = [&](const Operator &op, float wanted) {
        const auto constant = channel_constant(graph, op);
        return constant && std::ranges::all_of(constant->first, [&](float value) {
                   return std::abs(value - wanted) < 1e-6f;
               });
    };
    // (x + 3) -> relu6 -> times 1/6, times x, in either order.
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator &shift = graph.operators[i];
        if (shift.kind != OpKind::add || !scalar(shift, 3.0f))
            continue;
        const TensorId x =
            graph.tensor(shift.inputs[0]).constant() ? shift.inputs[1] : shift.inputs[0];
        TensorId clamped = shift.outputs[0];
        if (activation_of(shift) != Activation::relu6) {
            const int clamp = connections.only_reader(clamped);
            if (activation_of(shift) != Activation::none || clamp < 0 ||
                graph.operators[size_t(clamp)].kind != OpKind::relu6)
                continue;
            clamped = graph.operators[size_t(clamp)].outputs[0];
        }
        bool scaled = false, gated = false;
        TensorId last = clamped;
        while (!(scaled && gated)) {
            const int next = connections.only_reader(last);
            if (next < 0 || graph.operators[size_t(next)].kind != OpKind::mul ||
                activation_of(graph.operators[size_t(next)]) != Activation::none)
                break;
            const Operator &product = graph.operators[size_t(next)];
            if (!scaled && scalar(product, 1.0f / 6.0f))
                scaled = true;
            else if (!gated && (product.inputs[0] == x || product.inputs[1] == x))
                gated = true;
            else
                break;
            last = product.outputs[0];
        }
        if (!scaled || !gated)
            continue;
        const int end = connections.producer(last);
        Operator &swish = graph.operators[size_t(end)];
        swish.kind = OpKind::hard_swish;
        swish.inputs = {x};
        swish.attributes = {};
        const std::string name = swish.name;
        remove_unused(graph);
        return {name};
    }
    return {};
}

std::vector<std::string> fuse_activations(Graph &graph) {
    const Connections connections(graph);
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator &op = graph.operators[i];
        const Activation activation = reference::activation_of(op.kind);
        if (activation == Activation::none || connections.only_reader(op.inputs[0]) != int(i))
            continue;
        const int before = connections.producer(op.inputs[0]);
        if (before < 0)
            continue;
        Operator &producer = graph.operators[size_t(before)];
        Activation *fused = fused_activation(producer);
        if (!fused || producer.kind == OpKind::concatenation ||
            (*fused != Activation::none && *fused != activation))
            continue;
        *fused = activation;
        const std::string name = op.name;
        absorb_into_producer(graph, int(i), producer);
        return {name};
    }
    return {};
}

std::vector<std::string> fuse_padding(Graph &graph) {
    const Connections connections(graph);
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator &pad = graph.operators[i];
        if (pad.kind != OpKind::pad)
            continue;
        const auto &pads = pad.as<PadAttributes>().pads;
        const int behind = connections.only_reader(pad.outputs[0]);
        if (behind < 0 || pads.size() != 4 || pads[0] != std::pair(0, 0) ||
            pads[3] != std::pair(0, 0))
            continue;
        Operator &reader = graph.operators[size_t(behind)];
        Padding *padding = nullptr;
        if (auto *conv = std::get_if<Conv2dAttributes>(&reader.attributes))
            padding = &conv->padding;
        else if (auto *depthwise = std::get_if<DepthwiseConv2dAttributes>(&reader.attributes))
            padding = &depthwise->padding;
        if (!padding || reader.inputs[0] != pad.outputs[0])
            continue;
        const Padding both = {padding->top + pads[1].first, padding->bottom + pads[1].second,
                              padding->left + pads[2].first, padding->right + pads[2].second};
        if (!fits_window(graph.tensor(reader.inputs[1]).shape, reader, both))
            continue;
        *padding = both;
        const std::string name = pad.name;
        bypass(graph, int(i), graph.operators[i].inputs[0]);
        return {name};
    }
    return {};
}

} // namespace octet::quantize
