#include "compiler/import/fold.h"

#include "compiler/graph/check_operator.h"
#include "compiler/reference/interpreter.h"

#include <algorithm>

namespace octet {

namespace {

/// More than any real file folds; a hostile one must not make us compute for long.
constexpr int64_t max_folded_bytes = int64_t(1) << 28;

bool moves_or_converts(OpKind kind) {
    switch (kind) {
    case OpKind::concatenation:
    case OpKind::dequantize:
    case OpKind::pack:
    case OpKind::pad:
    case OpKind::quantize:
    case OpKind::reshape:
    case OpKind::shape:
    case OpKind::slice:
    case OpKind::squeeze:
    case OpKind::strided_slice:
    case OpKind::transpose:
        return true;
    default:
        return false;
    }
}

} // namespace

Folder::Folder(Graph &graph)
    : graph_(graph), is_output_(graph.tensors.size(), false), values_(graph.tensors.size()) {
    for (TensorId id : graph.outputs)
        is_output_.at(size_t(id)) = true;
}

bool Folder::foldable(const Operator &op) const {
    const auto known = [&](TensorId id) {
        return id != no_tensor && (op.kind == OpKind::shape || graph_.tensor(id).constant());
    };
    return moves_or_converts(op.kind) && op.outputs.size() == 1 &&
           !graph_.tensor(op.outputs[0]).constant() && !is_output_[size_t(op.outputs[0])] &&
           std::all_of(op.inputs.begin(), op.inputs.end(), known);
}

bool Folder::fold(const Operator &op) {
    // Importers add tensors as they translate.
    is_output_.resize(graph_.tensors.size(), false);
    values_.resize(graph_.tensors.size());
    if (!foldable(op))
        return false;
    check_operator(graph_, op);
    Tensor &output = graph_.tensor(op.outputs[0]);
    folded_bytes_ += int64_t(output.bytes());
    if (folded_bytes_ > max_folded_bytes)
        return false;
    reference::execute(graph_, op, values_);
    output.data = std::make_shared<const Bytes>(std::move(values_[size_t(op.outputs[0])]));
    folded_++;
    return true;
}

size_t remove_unused(Graph &graph) {
    std::vector<bool> needed(graph.tensors.size(), false);
    for (TensorId id : graph.outputs)
        needed.at(size_t(id)) = true;
    std::vector<Operator> kept;
    for (auto op = graph.operators.rbegin(); op != graph.operators.rend(); ++op) {
        if (std::none_of(op->outputs.begin(), op->outputs.end(),
                         [&](TensorId id) { return needed[size_t(id)]; }))
            continue;
        for (const auto *ids : {&op->inputs, &op->outputs})
            for (TensorId id : *ids)
                if (id != no_tensor)
                    needed[size_t(id)] = true;
        kept.push_back(std::move(*op));
    }
    const size_t removed = graph.operators.size() - kept.size();
    std::reverse(kept.begin(), kept.end());
    graph.operators = std::move(kept);

    for (TensorId id : graph.inputs)
        needed.at(size_t(id)) = true;
    std::vector<TensorId> renumbered(graph.tensors.size(), no_tensor);
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < graph.tensors.size(); i++) {
        if (!needed[i])
            continue;
        renumbered[i] = TensorId(tensors.size());
        tensors.push_back(std::move(graph.tensors[i]));
    }
    graph.tensors = std::move(tensors);
    const auto renumber = [&](std::vector<TensorId> &ids) {
        for (TensorId &id : ids)
            if (id != no_tensor)
                id = renumbered[size_t(id)];
    };
    renumber(graph.inputs);
    renumber(graph.outputs);
    for (Operator &op : graph.operators) {
        renumber(op.inputs);
        renumber(op.outputs);
    }
    return removed;
}

} // namespace octet
