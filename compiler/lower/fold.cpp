// Folding: an operator whose inputs are all constants is computed now, by the reference
// interpreter.
//
// Importers fold shape arithmetic; what else of a network does not depend on its inputs (a reshaped
// or rescaled constant operand) is left to lowering, whatever the operator.
#include "compiler/lower/lower.h"
#include "compiler/reference/interpreter.h"

#include <algorithm>

namespace octet::lower {

Graph fold(const Graph &graph, std::vector<std::string> &notes) {
    Graph result = graph;
    result.operators.clear();
    std::vector<Bytes> values(graph.tensors.size());
    for (const Operator &op : graph.operators) {
        const auto known = [&](TensorId id) {
            return id == no_tensor || result.tensor(id).constant();
        };
        if (op.inputs.empty() || !std::all_of(op.inputs.begin(), op.inputs.end(), known)) {
            result.operators.push_back(op);
            continue;
        }
        reference::execute(result, op, values);
        for (TensorId id : op.outputs)
            result.tensor(id).data = std::make_shared<const Bytes>(std::move(values[size_t(id)]));
        notes.push_back(op.name + ": computed from constants when compiling");
    }
    return result;
}

} // namespace octet::lower
