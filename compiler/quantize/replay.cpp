#include "compiler/quantize/replay.h"

#include <algorithm>

namespace octet::quantize {

Replay::Replay(const Graph &graph, const Plan &plan,
               const std::vector<std::optional<LayerWeights>> &layers, const Samples &samples)
    : graph_(graph), plan_(plan), samples_(samples), executor_(graph),
      accepted_(graph.tensors.size()), trial_(graph.tensors.size()) {
    for (size_t i = 0; i < graph.operators.size(); ++i)
        if (layers[i])
            set_layer(graph, graph.operators[i], *layers[i], executor_);
    std::vector<Values> outputs = executor_.run(
        samples.slice(0, samples.count), samples.count, [&](TensorId id, std::span<float> values) {
            if (plan_.of(id).integer)
                fake_quantize(values, plan_.of(id));
            accepted_[size_t(id)].assign(values.begin(), values.end());
        });
    for (size_t i = 0; i < outputs.size(); ++i) // Constant ones are not visited.
        accepted_[size_t(graph.outputs[i])] = std::move(outputs[i]);
}

void Replay::set(TensorId id, Values values) {
    if (plan_.of(id).integer)
        fake_quantize(values, plan_.of(id));
    trial_[size_t(id)] = std::move(values);
    tried_.insert(id);
}

std::vector<std::span<const float>> Replay::try_group(TensorId group) {
    tried_.clear();
    const auto changed = [&](TensorId id) {
        return plan_.of(id).integer && plan_.of(id).group == group;
    };
    for (size_t i = 0; i < graph_.inputs.size(); ++i)
        if (changed(graph_.inputs[i]))
            set(graph_.inputs[i], samples_.inputs[i]);
    for (size_t i = 0; i < graph_.operators.size(); ++i) {
        const Operator &op = graph_.operators[i];
        const bool behind = std::ranges::any_of(
            op.inputs, [&](TensorId id) { return id != no_tensor && tried_.contains(id); });
        if (!behind && !changed(op.outputs[0]))
            continue;
        std::vector<std::span<const float>> operands;
        for (TensorId id : op.inputs)
            if (id != no_tensor && !graph_.tensor(id).constant())
                operands.push_back(now(id));
        set(op.outputs[0], executor_.execute(i, operands, samples_.count));
    }
    std::vector<std::span<const float>> result;
    for (TensorId id : graph_.outputs)
        result.push_back(now(id));
    return result;
}

void Replay::accept() {
    for (TensorId id : tried_)
        std::swap(accepted_[size_t(id)], trial_[size_t(id)]);
    tried_.clear();
}

std::vector<std::span<const float>> Replay::outputs() const {
    std::vector<std::span<const float>> result;
    for (TensorId id : graph_.outputs)
        result.push_back(accepted_[size_t(id)]);
    return result;
}

int64_t Replay::most_samples(const Graph &graph) {
    constexpr int64_t most_bytes = int64_t(1) << 30;
    int64_t bytes = 1;
    for (const Tensor &tensor : graph.tensors)
        if (!tensor.constant())
            bytes += tensor.elements() * int64_t(sizeof(float));
    return std::max<int64_t>(1, most_bytes / bytes);
}

} // namespace octet::quantize
