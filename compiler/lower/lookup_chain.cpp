#include "compiler/lower/lookup_chain.h"

#include "compiler/reference/lookup_table.h"

#include <algorithm>

namespace octet::lower {

namespace {

/// Vectors compute these faster than they look anything up.
bool vectors_compute(OpKind kind) {
    return kind == OpKind::add || kind == OpKind::sub || kind == OpKind::minimum ||
           kind == OpKind::maximum;
}

} // namespace

LookupChains::LookupChains(const Graph &graph, const Target &target)
    : graph_(graph), previous_(graph.operators.size(), -1), next_(graph.operators.size(), false) {
    std::vector<int> readers(graph.tensors.size(), 0), producer(graph.tensors.size(), -1);
    for (TensorId id : graph.outputs)
        readers[size_t(id)]++;
    for (const Operator &op : graph.operators)
        for (TensorId id : op.inputs)
            if (id != no_tensor)
                readers[size_t(id)]++;
    // True where the chain up to here holds an operator that is a table anyway.
    std::vector<bool> table(graph.operators.size(), false);
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator &op = graph.operators[i];
        const int operand = reference::lookup_operand(graph, op);
        if (operand < 0)
            continue;
        producer[size_t(op.outputs[0])] = int(i);
        const TensorId input = op.inputs[size_t(operand)];
        const int before = readers[size_t(input)] == 1 ? producer[size_t(input)] : -1;
        const bool is_table = !vectors_compute(op.kind) || target.lane == "c";
        table[i] = is_table || (before >= 0 && table[size_t(before)]);
        if (before < 0 || !table[i])
            continue;
        previous_[i] = before;
        next_[size_t(before)] = true;
    }
}

std::vector<const Operator *> LookupChains::ending_at(size_t i) const {
    const Operator &op = graph_.operators[i];
    const bool alone = previous_[i] < 0;
    const bool scalar_product = op.kind == OpKind::mul || op.kind == OpKind::prelu;
    if (alone && !(scalar_product && reference::has_lookup_table(graph_, op)))
        return {};
    std::vector<const Operator *> chain;
    for (int at = int(i); at >= 0; at = previous_[size_t(at)])
        chain.push_back(&graph_.operators[size_t(at)]);
    std::reverse(chain.begin(), chain.end());
    return chain;
}

} // namespace octet::lower
