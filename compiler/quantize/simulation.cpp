#include "compiler/quantize/simulation.h"

namespace octet::quantize {

Simulation::Simulation(const Graph &graph, const Plan &plan,
                       std::vector<std::optional<LayerWeights>> layers)
    : graph_(graph), plan_(plan), layers_(std::move(layers)), executor_(graph) {
    for (size_t i = 0; i < graph_.operators.size(); ++i)
        set(i, true);
}

void Simulation::set(size_t index, bool quantized) {
    const auto &layer = layers_.at(index);
    if (!layer)
        return;
    const Operator &op = graph_.operators[index];
    if (quantized) {
        set_layer(graph_, op, *layer, executor_);
        return;
    }
    executor_.set_constant(op.inputs[1], floats_of(graph_.tensor(op.inputs[1])));
    if (op.input(2) != no_tensor)
        executor_.set_constant(op.inputs[2], bias_of(graph_, op));
}

std::vector<Values> Simulation::run(const Samples &samples, const FloatExecutor::Visitor &visit,
                                    int but) {
    const TensorId exempt = but >= 0 ? graph_.operators.at(size_t(but)).outputs[0] : no_tensor;
    if (but >= 0)
        set(size_t(but), false);
    std::vector<Values> outputs = executor_.run(samples.slice(0, samples.count), samples.count,
                                                [&](TensorId id, std::span<float> values) {
                                                    if (plan_.of(id).integer && id != exempt)
                                                        fake_quantize(values, plan_.of(id));
                                                    if (visit)
                                                        visit(id, values);
                                                });
    if (but >= 0)
        set(size_t(but), true);
    return outputs;
}

void set_layer(const Graph &graph, const Operator &op, const LayerWeights &layer,
               FloatExecutor &executor) {
    const Rows real = layer.weights.real(weight_rows(graph, op));
    executor.set_constant(op.inputs[1],
                          from_rows(op, graph.tensor(op.inputs[1]).shape, real.values));
    if (op.input(2) != no_tensor)
        executor.set_constant(op.inputs[2], layer.bias);
}

std::vector<std::optional<LayerWeights>> rounded_layers(const Graph &graph, const Plan &plan) {
    std::vector<std::optional<LayerWeights>> layers(graph.operators.size());
    for (size_t i = 0; i < layers.size(); ++i) {
        const Operator &op = graph.operators[i];
        const LayerScheme &scheme = plan.layers[i];
        if (!has_weights(graph, op) || scheme.compute == Compute::float32)
            continue;
        LayerWeights &layer = layers[i].emplace();
        layer.bias = bias_of(graph, op);
        WeightContext context;
        if (scheme.compute == Compute::integer)
            context.least_scales =
                least_scales(layer.bias, operand_plan(plan, op.inputs[0], op.outputs[0]));
        layer.weights = round_to_nearest(op, weight_rows(graph, op), scheme.weights, context);
    }
    return layers;
}

} // namespace octet::quantize
