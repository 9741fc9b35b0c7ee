#include "compiler/float/float_executor.h"

#include "compiler/float/layer.h"
#include "compiler/float/storage.h"
#include "compiler/support/error.h"

#include <algorithm>
#include <limits>

namespace octet {

namespace {

using floats::Layer;
using floats::Operand;
using floats::Storage;

bool is_float(const Graph &graph, const Operator &op) {
    for (const std::vector<TensorId> &ids : {op.inputs, op.outputs})
        for (TensorId id : ids)
            if (id != no_tensor && graph.tensor(id).dtype != DType::f32)
                return false;
    return true;
}

std::vector<std::unique_ptr<Layer>> make_layers(const Graph &graph) {
    std::vector<std::unique_ptr<Layer>> layers;
    std::string refused;
    for (const Operator &op : graph.operators) {
        layers.push_back(is_float(graph, op) ? floats::make_layer(graph, op) : nullptr);
        if (!layers.back())
            refused +=
                fmt::format("{}{} ({})", refused.empty() ? "" : ", ", op.name, name_of(op.kind));
    }
    if (!refused.empty())
        throw Error("{}: no float kernel for {}; remove these operators or give their float form",
                    graph.source.empty() ? graph.name : graph.source, refused);
    return layers;
}

/// A tensor during a run. What the caller gave has no block.
struct Value {
    const float *data = nullptr;
    Storage::Block block;
};

} // namespace

struct FloatExecutor::State {
    State(const Graph &graph, int threads)
        : graph(graph), layers(make_layers(graph)), workers(threads),
          constants(graph.tensors.size()), last_reader(graph.tensors.size(), -1) {
        std::vector<floats::Kernel *> kernels;
        for (const auto &layer : layers)
            for (floats::Kernel *kernel : layer->kernels())
                kernels.push_back(kernel);
        floats::compile(std::move(kernels), workers);
        for (size_t id = 0; id < graph.tensors.size(); ++id)
            if (graph.tensors[id].constant() && graph.tensors[id].dtype == DType::f32)
                set_constant(TensorId(id), graph.tensors[id].values<float>());
        for (size_t i = 0; i < graph.operators.size(); ++i)
            for (TensorId id : graph.operators[i].inputs)
                if (id != no_tensor)
                    last_reader[size_t(id)] = int(i);
        for (TensorId id : graph.outputs)
            last_reader[size_t(id)] = std::numeric_limits<int>::max();
    }

    bool constant(TensorId id) const { return graph.tensor(id).constant(); }

    /// Gives them to the layers that pack them, and keeps them for those that read them as they
    /// are.
    void set_constant(TensorId id, std::span<const float> values) {
        bool kept = false;
        for (size_t i = 0; i < layers.size(); ++i) {
            const std::vector<TensorId> &inputs = graph.operators[i].inputs;
            for (size_t k = 0; k < inputs.size(); ++k) {
                if (inputs[k] == id && k >= layers[i]->packed_from())
                    layers[i]->pack(k, values);
                kept |= inputs[k] == id && k < layers[i]->packed_from();
            }
        }
        if (kept || std::count(graph.outputs.begin(), graph.outputs.end(), id) > 0)
            constants[size_t(id)].assign(values.begin(), values.end());
    }

    /// A constant once per sample, for those that have no use for it as one.
    Value repeated(TensorId id, int64_t samples) const {
        const Values &values = constants[size_t(id)];
        Value result;
        result.block = storage.take(samples * int64_t(values.size()));
        for (int64_t i = 0; i < samples; ++i)
            std::copy(values.begin(), values.end(),
                      result.block.get() + i * int64_t(values.size()));
        result.data = result.block.get();
        return result;
    }

    /// Runs operator `op`; read(k) is the data of input k where that is no constant.
    template <typename Read>
    void compute(size_t op, float *output, int64_t samples, floats::Workers &on,
                 Read &&read) const {
        const std::vector<TensorId> &ids = graph.operators[op].inputs;
        const Layer &layer = *layers[op];
        std::vector<Operand> operands;
        std::vector<Value> copies;
        for (size_t k = 0; k < std::min(ids.size(), layer.packed_from()); ++k) {
            if (!constant(ids[k])) {
                operands.push_back({read(k), false});
            } else if (layer.reads_constants()) {
                operands.push_back({constants[size_t(ids[k])].data(), true});
            } else {
                copies.push_back(repeated(ids[k], samples));
                operands.push_back({copies.back().data, false});
            }
        }
        layer.run(operands, output, samples, on);
    }

    /// The output of `op`, in the memory of its input where that has the same elements and is no
    /// longer needed.
    Value output_of(size_t op, std::vector<Value> &values, int64_t samples,
                    floats::Workers &on) const {
        const TensorId input = graph.operators[op].inputs[0];
        Value &before = values[size_t(input)];
        if (layers[op]->keeps_elements() && before.block && last_reader[size_t(input)] == int(op))
            return std::move(before);
        Value value;
        const TensorId output = graph.operators[op].outputs[0];
        value.block = storage.take(samples * graph.tensor(output).elements());
        value.data = value.block.get();
        compute(op, value.block.get(), samples, on,
                [&](size_t k) { return values[size_t(graph.operators[op].inputs[k])].data; });
        return value;
    }

    /// Runs all operators on the threads of `on`; visit(tensor, value) sees the inputs and what
    /// each computes. Returns the outputs.
    template <typename Visit>
    std::vector<Value> run(const std::vector<Value> &inputs, int64_t samples, floats::Workers &on,
                           Visit &&visit) const {
        std::vector<Value> values(graph.tensors.size());
        for (size_t i = 0; i < inputs.size(); ++i)
            visit(graph.inputs[i], values[size_t(graph.inputs[i])] = inputs[i]);
        for (size_t op = 0; op < graph.operators.size(); ++op) {
            const TensorId output = graph.operators[op].outputs[0];
            values[size_t(output)] = output_of(op, values, samples, on);
            visit(output, values[size_t(output)]);
            for (TensorId id : graph.operators[op].inputs)
                if (id != no_tensor && last_reader[size_t(id)] == int(op))
                    values[size_t(id)] = {};
            if (last_reader[size_t(output)] < 0)
                values[size_t(output)] = {};
        }
        std::vector<Value> outputs;
        for (TensorId id : graph.outputs)
            outputs.push_back(constant(id) ? repeated(id, samples) : values[size_t(id)]);
        return outputs;
    }

    /// Samples that one thread runs through the whole network, so that what one operator writes is
    /// still in a cache when the next one reads it: some 2 MB of inputs and outputs. Of few samples
    /// each thread gets its share; below 2, weights would be read too often.
    int64_t group_of(int64_t samples) const {
        int64_t largest = 1;
        for (const Operator &op : graph.operators) {
            int64_t elements = graph.tensor(op.outputs[0]).elements();
            for (TensorId id : op.inputs)
                elements += id != no_tensor && !constant(id) ? graph.tensor(id).elements() : 0;
            largest = std::max(largest, elements);
        }
        const int64_t share = (samples + workers.count() - 1) / workers.count();
        return std::min(std::max<int64_t>((int64_t(1) << 19) / largest, 2), share);
    }

    const Graph &graph;
    std::vector<std::unique_ptr<Layer>> layers;
    mutable floats::Workers workers;
    mutable Storage storage;
    std::vector<Values> constants; ///< Of those that layers do not pack.
    std::vector<int> last_reader;  ///< The operator behind which a tensor may go.
};

FloatExecutor::FloatExecutor(const Graph &graph, int threads)
    : state_(std::make_unique<State>(graph, threads)) {}
FloatExecutor::~FloatExecutor() = default;
FloatExecutor::FloatExecutor(FloatExecutor &&) noexcept = default;
FloatExecutor &FloatExecutor::operator=(FloatExecutor &&) noexcept = default;

std::vector<Values> FloatExecutor::run(const std::vector<std::span<const float>> &inputs,
                                       int64_t samples, const Visitor &visit) const {
    const Graph &graph = state_->graph;
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
    return visit ? run_visited(inputs, samples, visit) : run_groups(inputs, samples);
}

std::vector<Values> FloatExecutor::run_visited(const std::vector<std::span<const float>> &inputs,
                                               int64_t samples, const Visitor &visit) const {
    std::vector<Value> given;
    for (const std::span<const float> input : inputs) { // The visitor may change them.
        Value &value = given.emplace_back();
        value.block = state_->storage.take(int64_t(input.size()));
        std::copy(input.begin(), input.end(), value.block.get());
        value.data = value.block.get();
    }
    const auto elements = [&](TensorId id) {
        return size_t(samples * state_->graph.tensor(id).elements());
    };
    const auto show = [&](TensorId id, const Value &value) {
        visit(id, {value.block.get(), elements(id)});
    };
    const std::vector<Value> outputs = state_->run(given, samples, state_->workers, show);
    std::vector<Values> results;
    for (size_t i = 0; i < outputs.size(); ++i)
        results.emplace_back(outputs[i].data, outputs[i].data + elements(state_->graph.outputs[i]));
    return results;
}

std::vector<Values> FloatExecutor::run_groups(const std::vector<std::span<const float>> &inputs,
                                              int64_t samples) const {
    const Graph &graph = state_->graph;
    std::vector<Values> results;
    for (TensorId id : graph.outputs)
        results.emplace_back(size_t(samples * graph.tensor(id).elements()));
    const auto run_some = [&](int64_t first, int64_t count, floats::Workers &on) {
        std::vector<Value> given;
        for (size_t i = 0; i < inputs.size(); ++i)
            given.push_back(
                {inputs[i].data() + first * graph.tensor(graph.inputs[i]).elements(), nullptr});
        const auto outputs = state_->run(given, count, on, [](TensorId, const Value &) {});
        for (size_t i = 0; i < outputs.size(); ++i) {
            const int64_t elements = graph.tensor(graph.outputs[i]).elements();
            std::copy_n(outputs[i].data, count * elements, results[i].data() + first * elements);
        }
    };
    if (samples < state_->workers.count()) { // Threads share the work of each operator.
        run_some(0, samples, state_->workers);
        return results;
    }
    const int64_t group = state_->group_of(samples);
    state_->workers.run((samples + group - 1) / group, [&](int64_t task) {
        floats::Workers alone(1);
        run_some(task * group, std::min(group, samples - task * group), alone);
    });
    return results;
}

Values FloatExecutor::execute(size_t op, const std::vector<std::span<const float>> &inputs,
                              int64_t samples) const {
    const Graph &graph = state_->graph;
    const Operator &executed = graph.operators.at(op);
    if (samples < 1)
        throw UsageError("{}: {} samples given; give at least one", executed.name, samples);
    std::vector<const float *> data(executed.inputs.size());
    size_t given = 0;
    for (size_t k = 0; k < executed.inputs.size(); ++k) {
        if (executed.inputs[k] == no_tensor || state_->constant(executed.inputs[k]))
            continue;
        const int64_t elements = samples * graph.tensor(executed.inputs[k]).elements();
        if (given == inputs.size() || int64_t(inputs[given].size()) != elements)
            throw UsageError("{}: input {} must have {} elements, for {} samples; give those that "
                             "are not constant, in their order",
                             executed.name, k, elements, samples);
        data[k] = inputs[given++].data();
    }
    Values output(size_t(samples * graph.tensor(executed.outputs[0]).elements()));
    state_->compute(op, output.data(), samples, state_->workers, [&](size_t k) { return data[k]; });
    return output;
}

void FloatExecutor::set_constant(TensorId tensor, std::span<const float> values) {
    const Tensor &constant = state_->graph.tensor(tensor);
    if (!constant.constant() || int64_t(values.size()) != constant.elements())
        throw UsageError("{}: {} elements are given for {}; it must be a constant of {}",
                         constant.name, values.size(), to_string(constant.shape),
                         constant.elements());
    state_->set_constant(tensor, values);
}

} // namespace octet
