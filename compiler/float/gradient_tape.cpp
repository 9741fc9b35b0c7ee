#include "compiler/float/gradient_tape.h"

#include <algorithm>
#include <set>

namespace octet {

namespace {

void add_to(Values &sum, Values more) {
    if (sum.empty()) {
        sum = std::move(more);
        return;
    }
    for (size_t i = 0; i < sum.size(); ++i)
        sum[i] += more[i];
}

} // namespace

Tape::Tape(const Graph &graph, const FloatExecutor &forward, const GradientExecutor &backward,
           size_t first, size_t last)
    : graph_(graph), forward_(forward), backward_(backward), first_(first), last_(last) {}

std::vector<std::span<const float>> Tape::seen(const Operator &op) const {
    std::vector<std::span<const float>> result;
    for (TensorId id : op.inputs) {
        if (id == no_tensor || graph_.tensor(id).constant())
            continue;
        const auto changed = changed_.find(id);
        result.push_back(changed != changed_.end() ? changed->second : computed_.at(id));
    }
    return result;
}

void Tape::run(std::map<TensorId, Values> inputs, int64_t samples, const Change &change) {
    samples_ = samples;
    computed_.clear();
    changed_ = std::move(inputs);
    for (size_t i = first_; i < last_; ++i) {
        const Operator &op = graph_.operators[i];
        const TensorId output = op.outputs[0];
        computed_[output] = forward_.execute(i, seen(op), samples);
        if (change && i + 1 < last_) {
            Values values = computed_[output];
            change(output, values);
            changed_[output] = std::move(values);
        }
    }
}

const Values &Tape::computed(TensorId tensor) const {
    return computed_.at(tensor);
}

std::map<TensorId, Values> Tape::back(const std::map<TensorId, Values> &d_computed,
                                      const std::vector<TensorId> &wanted, const Mask &mask) const {
    // Gradients are needed on all ways from a wanted tensor to the end.
    std::set<TensorId> needed(wanted.begin(), wanted.end());
    for (size_t i = first_; i < last_; ++i) {
        const Operator &op = graph_.operators[i];
        if (std::ranges::any_of(op.inputs, [&](TensorId id) { return needed.contains(id); }))
            needed.insert(op.outputs[0]);
    }
    std::map<TensorId, Values> seen_by_readers, results;
    for (size_t i = last_; i-- > first_;) {
        const Operator &op = graph_.operators[i];
        const TensorId output = op.outputs[0];
        if (!needed.contains(output))
            continue;
        Values d_output = std::move(seen_by_readers[output]);
        seen_by_readers.erase(output);
        if (mask && !d_output.empty())
            mask(output, computed_.at(output), d_output);
        if (const auto given = d_computed.find(output); given != d_computed.end())
            add_to(d_output, given->second);
        if (d_output.empty())
            continue; // Nothing that counts reads it.
        std::vector<bool> asked;
        for (TensorId id : op.inputs)
            asked.push_back(id != no_tensor && needed.contains(id));
        std::vector<Values> gradients =
            backward_.backward(i, seen(op), computed_.at(output), d_output, samples_, asked);
        for (size_t k = 0; k < op.inputs.size(); ++k)
            if (asked[k])
                add_to(seen_by_readers[op.inputs[k]], std::move(gradients[k]));
    }
    for (TensorId id : wanted)
        if (const auto found = seen_by_readers.find(id); found != seen_by_readers.end())
            results[id] = std::move(found->second);
    return results;
}

} // namespace octet
