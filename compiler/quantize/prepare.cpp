#include "compiler/quantize/prepare.h"

#include "compiler/graph/check_operator.h"
#include "compiler/import/fold.h"
#include "compiler/quantize/weighted.h"

#include <fmt/ranges.h>

#include <cmath>
#include <set>

namespace octet::quantize {

void require_finite_constants(const Graph &graph) {
    for (const Tensor &tensor : graph.tensors) {
        if (!tensor.constant() || tensor.dtype != DType::f32)
            continue;
        const std::span<const float> values = tensor.values<float>();
        for (size_t i = 0; i < values.size(); ++i)
            if (!std::isfinite(values[i]))
                throw Error("{}: constant '{}' holds {} at element {}; train or export the network "
                            "again, quantization needs finite weights",
                            where(graph), tensor.name,
                            std::isnan(values[i]) ? "NaN" : "an infinite value", i);
    }
}

void own_constants(Graph &graph) {
    std::set<TensorId> taken;
    for (Operator &op : graph.operators)
        for (TensorId &id : op.inputs) {
            if (id == no_tensor || !graph.tensor(id).constant() || taken.insert(id).second)
                continue;
            Tensor copy = graph.tensor(id);
            copy.name += " of " + op.name;
            graph.tensors.push_back(std::move(copy));
            id = TensorId(graph.tensors.size()) - 1;
        }
}

void give_biases(Graph &graph) {
    for (Operator &op : graph.operators)
        if (has_weights(graph, op))
            set_bias(graph, op, bias_of(graph, op));
}

Graph prepare(const Graph &graph, std::vector<std::string> &notes) {
    require_finite_constants(graph);
    Graph result = graph;
    own_constants(result);
    give_biases(result);
    struct Rewrite {
        const char *what;
        std::vector<std::string> (*apply)(Graph &);
    };
    static constexpr Rewrite rewrites[] = {
        {"folded into weights", fold_scalings},
        {"made one hard-swish", fuse_hard_swish},
        {"moved into the operator before", fuse_activations},
        {"moved into the operator behind", fuse_padding},
        {"without channels that are constant or unused", remove_channels},
    };
    for (const Rewrite &rewrite : rewrites) {
        std::vector<std::string> touched;
        for (std::vector<std::string> more = rewrite.apply(result); !more.empty();
             more = rewrite.apply(result))
            touched.insert(touched.end(), more.begin(), more.end());
        if (!touched.empty())
            notes.push_back(fmt::format("{}: {}", rewrite.what, fmt::join(touched, ", ")));
    }
    remove_unused(result);
    check(result);
    return result;
}

} // namespace octet::quantize
