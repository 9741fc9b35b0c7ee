#include "tests/operators/kernels_cases.h"

#include <fmt/format.h>

namespace octet::test {

void CaseGroup::add(const std::string &case_name,
                    const std::function<std::vector<TensorId>(RandomGraph &)> &build) {
    RandomGraph g(uint32_t(cases.size()) + 1, case_name);
    const std::vector<TensorId> outputs = build(g);
    cases.push_back(g.finish(outputs));
    check(cases.back());
}

Graph merged(const CaseGroup &group) {
    Graph result;
    result.name = result.source = group.name;
    for (const Graph &part : group.cases) {
        const TensorId first = TensorId(result.tensors.size());
        const auto append = [first](std::vector<TensorId> &to, const std::vector<TensorId> &ids) {
            for (TensorId id : ids)
                to.push_back(id == no_tensor ? id : first + id);
        };
        const auto name = [&](const std::string &own) {
            return fmt::format("{}/{}", part.name, own);
        };
        for (Tensor tensor : part.tensors) {
            tensor.name = name(tensor.name);
            result.tensors.push_back(tensor);
        }
        for (const Operator &op : part.operators) {
            Operator moved = op;
            moved.name = name(op.name);
            moved.inputs.clear();
            moved.outputs.clear();
            append(moved.inputs, op.inputs);
            append(moved.outputs, op.outputs);
            result.operators.push_back(moved);
        }
        append(result.inputs, part.inputs);
        append(result.outputs, part.outputs);
    }
    return result;
}

} // namespace octet::test
