#include "compiler/float/network.h"

#include "compiler/support/error.h"

#include <algorithm>
#include <limits>

namespace octet::floats {

namespace {

/// Weights may be int8: they become real once, here.
bool is_float(const Graph &graph, const Operator &op) {
    const bool weights_only = is_hybrid(graph, op) && dynamic_input(op) == DynamicInput::none;
    for (const std::vector<TensorId> &ids : {op.inputs, op.outputs})
        for (TensorId id : ids)
            if (id != no_tensor && graph.tensor(id).dtype != DType::f32 &&
                !(weights_only && id == op.inputs[1]))
                return false;
    return true;
}

std::vector<std::unique_ptr<Layer>> make_layers(const Graph &graph) {
    std::vector<std::unique_ptr<Layer>> layers;
    std::string refused;
    for (const Operator &op : graph.operators) {
        layers.push_back(is_float(graph, op) ? make_layer(graph, op) : nullptr);
        if (!layers.back())
            refused +=
                fmt::format("{}{} ({})", refused.empty() ? "" : ", ", op.name, name_of(op.kind));
    }
    if (!refused.empty())
        throw Error("{}: no float kernel for {}; remove these operators or give their float form",
                    graph.source.empty() ? graph.name : graph.source, refused);
    return layers;
}

} // namespace

Network::Network(const Graph &graph, int threads)
    : graph_(graph), layers_(make_layers(graph)), workers_(threads),
      constants_(graph.tensors.size()), last_reader_(graph.tensors.size(), -1) {
    std::vector<Kernel *> kernels;
    for (const auto &layer : layers_)
        for (Kernel *kernel : layer->kernels())
            kernels.push_back(kernel);
    compile(std::move(kernels), workers_);
    for (size_t id = 0; id < graph.tensors.size(); ++id) {
        const Tensor &tensor = graph.tensors[id];
        if (tensor.constant() && tensor.dtype == DType::f32)
            set_constant(TensorId(id), tensor.values<float>());
        else if (tensor.constant() && tensor.dtype == DType::s8 && tensor.quantization.quantized())
            set_constant(TensorId(id), dequantized_values(tensor));
    }
    for (size_t i = 0; i < graph.operators.size(); ++i)
        for (TensorId id : graph.operators[i].inputs)
            if (id != no_tensor)
                last_reader_[size_t(id)] = int(i);
    for (TensorId id : graph.outputs)
        last_reader_[size_t(id)] = std::numeric_limits<int>::max();
}

void Network::set_constant(TensorId id, std::span<const float> values) {
    bool kept = std::count(graph_.outputs.begin(), graph_.outputs.end(), id) > 0;
    for (size_t i = 0; i < layers_.size(); ++i) {
        const std::vector<TensorId> &inputs = graph_.operators[i].inputs;
        for (size_t k = 0; k < inputs.size(); ++k) {
            if (inputs[k] != id)
                continue;
            if (k >= layers_[i]->packed_from())
                layers_[i]->pack(k, values);
            else
                kept = true;
        }
    }
    if (kept)
        constants_[size_t(id)].assign(values.begin(), values.end());
}

/// A constant once per sample, for those that have no use for it as one.
Value Network::repeated(TensorId id, int64_t samples) const {
    const std::vector<float> &values = constants_[size_t(id)];
    Value result;
    result.block = storage_.take(samples * int64_t(values.size()));
    for (int64_t i = 0; i < samples; ++i)
        std::copy(values.begin(), values.end(), result.block.get() + i * int64_t(values.size()));
    result.data = result.block.get();
    return result;
}

void Network::compute(size_t op, const std::vector<const float *> &inputs, float *output,
                      int64_t samples, Workers &on) const {
    const std::vector<TensorId> &ids = graph_.operators[op].inputs;
    const Layer &layer = *layers_[op];
    std::vector<Operand> operands;
    std::vector<Value> copies;
    for (size_t k = 0; k < std::min(ids.size(), layer.packed_from()); ++k) {
        if (!constant(ids[k])) {
            operands.push_back({inputs[k], false});
        } else if (layer.reads_constants()) {
            operands.push_back({constants_[size_t(ids[k])].data(), true});
        } else {
            copies.push_back(repeated(ids[k], samples));
            operands.push_back({copies.back().data, false});
        }
    }
    layer.run(operands, output, samples, on);
}

/// The output of `op`, in the memory of its input where that has the same elements and is no longer
/// needed.
Value Network::output_of(size_t op, std::vector<Value> &values, int64_t samples,
                         Workers &on) const {
    const Operator &computed = graph_.operators[op];
    Value &before = values[size_t(computed.inputs[0])];
    if (layers_[op]->keeps_elements() && before.block &&
        last_reader_[size_t(computed.inputs[0])] == int(op))
        return std::move(before);
    Value value;
    value.block = storage_.take(samples * graph_.tensor(computed.outputs[0]).elements());
    value.data = value.block.get();
    std::vector<const float *> inputs;
    for (TensorId id : computed.inputs)
        inputs.push_back(id == no_tensor ? nullptr : values[size_t(id)].data);
    compute(op, inputs, value.block.get(), samples, on);
    return value;
}

std::vector<Value> Network::run(const std::vector<Value> &inputs, int64_t samples, Workers &on,
                                const Visit &visit) const {
    std::vector<Value> values(graph_.tensors.size());
    const auto keep = [&](TensorId id, Value value) {
        values[size_t(id)] = std::move(value);
        if (visit)
            visit(id, values[size_t(id)]);
    };
    for (size_t i = 0; i < inputs.size(); ++i)
        keep(graph_.inputs[i], inputs[i]);
    for (size_t op = 0; op < graph_.operators.size(); ++op) {
        const TensorId output = graph_.operators[op].outputs[0];
        keep(output, output_of(op, values, samples, on));
        for (TensorId id : graph_.operators[op].inputs)
            if (id != no_tensor && last_reader_[size_t(id)] == int(op))
                values[size_t(id)] = {};
        if (last_reader_[size_t(output)] < 0)
            values[size_t(output)] = {};
    }
    std::vector<Value> outputs;
    for (TensorId id : graph_.outputs)
        outputs.push_back(constant(id) ? repeated(id, samples) : values[size_t(id)]);
    return outputs;
}

int64_t Network::group_of(int64_t samples) const {
    int64_t largest = 1;
    for (const Operator &op : graph_.operators) {
        int64_t elements = graph_.tensor(op.outputs[0]).elements();
        for (TensorId id : op.inputs)
            elements += id != no_tensor && !constant(id) ? graph_.tensor(id).elements() : 0;
        largest = std::max(largest, elements);
    }
    const int64_t share = (samples + workers_.count() - 1) / workers_.count();
    return std::min(std::max<int64_t>((int64_t(1) << 19) / largest, 2), share);
}

} // namespace octet::floats
