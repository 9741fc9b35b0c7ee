#include "compiler/float/float_executor.h"

#include "compiler/float/network.h"
#include "compiler/support/error.h"

#include <algorithm>

namespace octet {

using floats::Network;
using floats::Value;
using floats::Workers;

struct FloatExecutor::State {
    State(const Graph &graph, int threads) : network(graph, threads) {}
    Network network;
};

FloatExecutor::FloatExecutor(const Graph &graph, int threads)
    : state_(std::make_unique<State>(graph, threads)) {}
FloatExecutor::~FloatExecutor() = default;
FloatExecutor::FloatExecutor(FloatExecutor &&) noexcept = default;
FloatExecutor &FloatExecutor::operator=(FloatExecutor &&) noexcept = default;

namespace {

using Inputs = std::vector<std::span<const float>>;

/// A visitor wants all samples of a tensor at once, and may change the inputs.
std::vector<Values> run_visited(const Network &network, const Inputs &inputs, int64_t samples,
                                const FloatExecutor::Visitor &visit) {
    const Graph &graph = network.graph();
    std::vector<Value> given;
    for (const std::span<const float> input : inputs) {
        Value &value = given.emplace_back();
        value.block = network.storage().take(int64_t(input.size()));
        std::copy(input.begin(), input.end(), value.block.get());
        value.data = value.block.get();
    }
    const auto elements = [&](TensorId id) {
        return size_t(samples * graph.tensor(id).elements());
    };
    const auto outputs =
        network.run(given, samples, network.workers(), [&](TensorId id, const Value &value) {
            visit(id, {value.block.get(), elements(id)});
        });
    std::vector<Values> results;
    for (size_t i = 0; i < outputs.size(); ++i)
        results.emplace_back(outputs[i].data, outputs[i].data + elements(graph.outputs[i]));
    return results;
}

/// Each thread takes groups of samples through the whole network.
std::vector<Values> run_groups(const Network &network, const Inputs &inputs, int64_t samples) {
    const Graph &graph = network.graph();
    std::vector<Values> results;
    for (TensorId id : graph.outputs)
        results.emplace_back(size_t(samples * graph.tensor(id).elements()));
    const auto run_some = [&](int64_t first, int64_t count, Workers &on) {
        std::vector<Value> given;
        for (size_t i = 0; i < inputs.size(); ++i)
            given.push_back(
                {inputs[i].data() + first * graph.tensor(graph.inputs[i]).elements(), nullptr});
        const std::vector<Value> outputs = network.run(given, count, on, nullptr);
        for (size_t i = 0; i < outputs.size(); ++i) {
            const int64_t elements = graph.tensor(graph.outputs[i]).elements();
            std::copy_n(outputs[i].data, count * elements, results[i].data() + first * elements);
        }
    };
    if (samples < network.workers().count()) { // Threads share the work of each operator.
        run_some(0, samples, network.workers());
        return results;
    }
    const int64_t group = network.group_of(samples);
    network.workers().run((samples + group - 1) / group, [&](int64_t task) {
        Workers alone(1);
        run_some(task * group, std::min(group, samples - task * group), alone);
    });
    return results;
}

} // namespace

std::vector<Values> FloatExecutor::run(const Inputs &inputs, int64_t samples,
                                       const Visitor &visit) const {
    const Graph &graph = state_->network.graph();
    if (inputs.size() != graph.inputs.size())
        throw UsageError("{}: {} inputs given; the network has {}", graph.name, inputs.size(),
                         graph.inputs.size());
    if (samples < 1)
        throw UsageError("{}: {} samples given; give at least one", graph.name, samples);
    for (size_t i = 0; i < inputs.size(); ++i) {
        const Tensor &tensor = graph.tensor(graph.inputs[i]);
        if (int64_t(inputs[i].size()) != samples * tensor.elements())
            throw UsageError("{}: input {} has {} elements; {} samples of '{}' have {}", graph.name,
                             i, inputs[i].size(), samples, tensor.name,
                             samples * tensor.elements());
    }
    return visit ? run_visited(state_->network, inputs, samples, visit)
                 : run_groups(state_->network, inputs, samples);
}

Values FloatExecutor::execute(size_t op, const Inputs &inputs, int64_t samples) const {
    const Network &network = state_->network;
    const Graph &graph = network.graph();
    const Operator &executed = graph.operators.at(op);
    if (samples < 1)
        throw UsageError("{}: {} samples given; give at least one", executed.name, samples);
    std::vector<const float *> data(executed.inputs.size());
    size_t given = 0;
    for (size_t k = 0; k < executed.inputs.size(); ++k) {
        if (executed.inputs[k] == no_tensor || network.constant(executed.inputs[k]))
            continue;
        const int64_t elements = samples * graph.tensor(executed.inputs[k]).elements();
        if (given == inputs.size() || int64_t(inputs[given].size()) != elements)
            throw UsageError("{}: input {} must have {} elements, for {} samples; give those that "
                             "are not constant, in their order",
                             executed.name, k, elements, samples);
        data[k] = inputs[given++].data();
    }
    Values output(size_t(samples * graph.tensor(executed.outputs[0]).elements()));
    network.compute(op, data, output.data(), samples, network.workers());
    return output;
}

void FloatExecutor::set_constant(TensorId tensor, std::span<const float> values) {
    const Tensor &constant = state_->network.graph().tensor(tensor);
    if (!constant.constant() || int64_t(values.size()) != constant.elements())
        throw UsageError("{}: {} elements are given for {}; it must be a constant of {}",
                         constant.name, values.size(), to_string(constant.shape),
                         constant.elements());
    state_->network.set_constant(tensor, values);
}

} // namespace octet
