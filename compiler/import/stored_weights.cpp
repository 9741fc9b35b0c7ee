#include "compiler/import/stored_weights.h"

#include "compiler/graph/check_operator.h"

namespace octet {

void StoredWeights::put_into(Operator &op) const {
    const auto found = stored_.find(op.input(1));
    if (found == stored_.end())
        return;
    Operator candidate = op;
    candidate.inputs[1] = found->second;
    if (!is_hybrid(graph_, candidate))
        return;
    try {
        check_operator(graph_, candidate);
    } catch (const Error &) {
        return; // Float weights can be anything.
    }
    op = std::move(candidate);
}

} // namespace octet
