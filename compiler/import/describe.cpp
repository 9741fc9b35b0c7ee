#include "compiler/import/import.h"

#include <fmt/ranges.h>

#include <set>

namespace octet {

namespace {

bool has_weights(OpKind kind) {
    return kind == OpKind::conv2d || kind == OpKind::depthwise_conv2d ||
           kind == OpKind::fully_connected || kind == OpKind::transpose_conv2d;
}

std::string weights_in_words(const Tensor &weights) {
    const Quantization &q = weights.quantization;
    if (!q.quantized())
        return fmt::format("{}", name_of(weights.dtype));
    return fmt::format("{} {}", name_of(weights.dtype),
                       q.per_channel() ? "per-channel" : "per-tensor");
}

} // namespace

std::string describe_numbers(const Graph &graph) {
    std::set<std::string> activations, weights, ends;
    for (const Operator &op : graph.operators) {
        if (op.kind != OpKind::quantize && op.kind != OpKind::dequantize)
            activations.emplace(name_of(graph.tensor(op.outputs.at(0)).dtype));
        if (has_weights(op.kind))
            weights.insert(weights_in_words(graph.tensor(op.inputs.at(1))));
    }
    for (const auto *ids : {&graph.inputs, &graph.outputs})
        for (TensorId id : *ids)
            ends.emplace(name_of(graph.tensor(id).dtype));
    std::string words = fmt::format("{} activations", fmt::join(activations, " and "));
    if (!weights.empty())
        words += fmt::format(", {} weights", fmt::join(weights, " and "));
    return words + fmt::format(", {} inputs and outputs", fmt::join(ends, " and "));
}

} // namespace octet
