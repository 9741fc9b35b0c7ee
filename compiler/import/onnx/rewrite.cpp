#include "compiler/import/onnx/rewrite.h"

#include "compiler/graph/connections.h"
#include "compiler/import/fold.h"
#include "compiler/import/onnx/values.h"

namespace octet::onnx {

namespace {

bool is_float_constant(const Tensor &tensor) {
    return tensor.constant() && tensor.dtype == DType::f32;
}

bool takes_bias(const Operator &op) {
    return op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d ||
           op.kind == OpKind::fully_connected || op.kind == OpKind::transpose_conv2d;
}

/// The addend as a bias of `channels` elements, if it is one number per channel.
std::optional<std::vector<float>> bias_from(const Tensor &addend, int channels) {
    const auto values = addend.values<float>();
    if (addend.elements() == 1)
        return std::vector<float>(size_t(channels), values[0]);
    if (addend.elements() != channels || addend.shape.back() != channels)
        return std::nullopt;
    return std::vector<float>(values.begin(), values.end());
}

/// The bias of `op`, `addend` or nothing; `op` has no bias yet.
bool add_bias(Graph &graph, Operator &op, TensorId addend) {
    if (!takes_bias(op) || op.input(2) != no_tensor || !is_float_constant(graph.tensor(addend)))
        return false;
    const int channels = graph.tensor(op.outputs[0]).shape.back();
    const auto bias = bias_from(graph.tensor(addend), channels);
    if (!bias)
        return false;
    Tensor tensor = constant_of({channels}, *bias);
    tensor.name = graph.tensor(addend).name;
    graph.tensors.push_back(std::move(tensor));
    op.inputs.resize(3, no_tensor);
    op.inputs[2] = TensorId(graph.tensors.size() - 1);
    return true;
}

} // namespace

void fuse_bias(Graph &graph) {
    const Connections connections(graph);
    std::vector<bool> fused(graph.operators.size(), false);
    for (size_t i = 0; i < graph.operators.size(); i++) {
        Operator &add = graph.operators[i];
        for (size_t k = 0; add.kind == OpKind::add && k < 2 && !fused[i]; k++) {
            const int producer = connections.producer(add.inputs[k]);
            if (producer < 0 || connections.only_reader(add.inputs[k]) != int(i))
                continue;
            Operator &op = graph.operators[size_t(producer)];
            if (graph.tensor(add.outputs[0]).shape == graph.tensor(add.inputs[k]).shape &&
                add_bias(graph, op, add.inputs[1 - k])) {
                op.outputs = add.outputs;
                fused[i] = true;
            }
        }
    }
    std::vector<Operator> kept;
    for (size_t i = 0; i < fused.size(); i++)
        if (!fused[i])
            kept.push_back(std::move(graph.operators[i]));
    graph.operators = std::move(kept);
}

void fold_constants(Graph &graph) {
    Folder folder(graph);
    std::vector<Operator> kept;
    for (Operator &op : graph.operators)
        if (!folder.fold(op))
            kept.push_back(std::move(op));
    graph.operators = std::move(kept);
}

} // namespace octet::onnx
