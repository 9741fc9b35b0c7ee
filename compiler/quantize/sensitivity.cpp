#include "compiler/quantize/sensitivity.h"

#include "compiler/quantize/learn.h"

#include <algorithm>
#include <map>

namespace octet::quantize {

Sensitivity::Sensitivity(const Graph &graph, const Samples &samples, const Corrections &corrections)
    : graph_(graph), corrections_(corrections), learners_(samples.count / 2),
      judges_(samples.count - learners_), executor_(graph), exact_(graph.tensors.size()) {
    executor_.run(samples.slice(0, samples.count), samples.count,
                  [&](TensorId id, std::span<float> values) {
                      exact_[size_t(id)].assign(values.begin(), values.end());
                  });
    for (TensorId id : graph.outputs)
        for (const float value : part(id, true))
            signal_ += double(value) * value;
}

std::span<const float> Sensitivity::part(TensorId id, bool judge) const {
    const std::span<const float> all = exact_[size_t(id)];
    const size_t one = all.size() / size_t(learners_ + judges_);
    // A single sample has to do for both.
    if (learners_ == 0)
        return all;
    return judge ? all.subspan(size_t(learners_) * one) : all.first(size_t(learners_) * one);
}

LayerWeights Sensitivity::weights(size_t index, const WeightScheme &scheme) const {
    const Operator &op = graph_.operators[index];
    const Rows rows = weight_rows(graph_, op);
    LayerWeights layer;
    layer.bias = bias_of(graph_, op);
    WeightContext context;
    if (!has_patches(op) || !(corrections_.bias || corrections_.round || scheme.centroids)) {
        layer.weights = round_to_nearest(op, rows, scheme, context);
        return layer;
    }
    const std::span<const float> input = part(op.inputs[0], false);
    // A fraction of the patches that the final weights learn from ranks schemes as well.
    const int64_t patches_enough = std::clamp<int64_t>(4 * rows.depth, 1024, 8192);
    const Patches patches(graph_, op, input, input, std::max<int64_t>(1, learners_),
                          {activation_of(op), {}, {}}, patches_enough);
    context.importance = patches.energy();
    context.groups = patches.groups();
    layer.weights = round_to_nearest(op, rows, scheme, context);
    if (corrections_.round)
        return learn_weights(rows, layer.bias, scheme, context, patches, layer.weights);
    if (corrections_.bias)
        layer.bias = learn_bias(layer.weights.real(rows), layer.bias, patches);
    return layer;
}

void Sensitivity::set(const Operator &op, const std::vector<float> &rows,
                      const std::vector<float> &bias) {
    executor_.set_constant(op.inputs[1], from_rows(op, graph_.tensor(op.inputs[1]).shape, rows));
    if (op.input(2) != no_tensor)
        executor_.set_constant(op.inputs[2], bias);
}

double Sensitivity::noise(size_t index, const LayerWeights &weights) {
    const Operator &changed = graph_.operators[index];
    const Rows rows = weight_rows(graph_, changed);
    set(changed, weights.weights.real(rows).values, weights.bias);
    std::map<TensorId, Values> noisy; // Only what depends on the layer is computed anew.
    for (size_t i = index; i < graph_.operators.size(); ++i) {
        const Operator &op = graph_.operators[i];
        std::vector<std::span<const float>> inputs;
        bool differs = i == index;
        for (TensorId id : op.inputs) {
            if (id == no_tensor || graph_.tensor(id).constant())
                continue;
            const auto found = noisy.find(id);
            differs = differs || found != noisy.end();
            inputs.push_back(found != noisy.end() ? std::span<const float>(found->second)
                                                  : part(id, true));
        }
        if (differs)
            noisy[op.outputs[0]] = executor_.execute(i, inputs, judges_);
    }
    set(changed, rows.values, bias_of(graph_, changed));
    Noise noise;
    for (TensorId id : graph_.outputs)
        if (const auto found = noisy.find(id); found != noisy.end())
            noise.add(part(id, true), found->second);
    return noise.noise;
}

int64_t samples_in_sensitivity(const Graph &graph) {
    constexpr int64_t most_macs = int64_t(6) << 30, most_values = int64_t(1) << 28;
    int64_t work = 1, values = 1;
    for (const Operator &op : graph.operators) {
        work += macs(graph, op);
        values += graph.tensor(op.outputs[0]).elements();
    }
    return std::clamp<int64_t>(std::min(most_macs / work, most_values / values), 8, 256);
}

} // namespace octet::quantize
