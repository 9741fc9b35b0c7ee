#include "tests/support/compare_graphs.h"

#include <fmt/format.h>

namespace octet::test {

namespace {

std::string difference(const Tensor &a, const Tensor &b) {
    if (a.dtype != b.dtype)
        return "type";
    if (a.shape != b.shape)
        return fmt::format("shape {} and {}", to_string(a.shape), to_string(b.shape));
    if (!(a.quantization == b.quantization))
        return "quantization";
    if (a.constant() != b.constant() || (a.constant() && *a.data != *b.data))
        return "data";
    return a.storage == b.storage ? "" : "storage";
}

std::string difference(const Operator &a, const Operator &b) {
    if (a.kind != b.kind)
        return fmt::format("kind {} and {}", name_of(a.kind), name_of(b.kind));
    if (a.name != b.name)
        return fmt::format("name {} and {}", a.name, b.name);
    if (a.inputs != b.inputs)
        return "inputs";
    if (a.outputs != b.outputs)
        return "outputs";
    if (!(a.attributes == b.attributes))
        return "attributes";
    return a.rounding == b.rounding ? "" : "rounding";
}

} // namespace

std::string difference(const Graph &a, const Graph &b) {
    if (a.tensors.size() != b.tensors.size())
        return fmt::format("{} and {} tensors", a.tensors.size(), b.tensors.size());
    if (a.operators.size() != b.operators.size())
        return fmt::format("{} and {} operators", a.operators.size(), b.operators.size());
    for (size_t i = 0; i < a.tensors.size(); i++)
        if (std::string d = difference(a.tensors[i], b.tensors[i]); !d.empty())
            return fmt::format("tensor {} ('{}'): {}", i, a.tensors[i].name, d);
    for (size_t i = 0; i < a.operators.size(); i++)
        if (std::string d = difference(a.operators[i], b.operators[i]); !d.empty())
            return fmt::format("operator {} ('{}'): {}", i, a.operators[i].name, d);
    if (a.inputs != b.inputs)
        return "inputs of the network";
    return a.outputs == b.outputs ? "" : "outputs of the network";
}

} // namespace octet::test
