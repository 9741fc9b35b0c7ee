#include "compiler/quantize/correct.h"

#include "compiler/graph/connections.h"
#include "compiler/quantize/learn.h"

#include <algorithm>

namespace octet::quantize {

namespace {

/// Bytes of float activations that the walk may hold.
constexpr int64_t most_bytes = int64_t(3) << 29; // 1.5 GB

/// For each operator, the tensors that nobody reads after it.
std::vector<std::vector<TensorId>> last_uses(const Graph &graph) {
    const Connections connections(graph);
    std::vector<std::vector<TensorId>> result(graph.operators.size());
    for (size_t i = 0; i < graph.tensors.size(); ++i) {
        const TensorId id = TensorId(i);
        if (graph.tensor(id).constant() || connections.is_output(id))
            continue;
        const auto &readers = connections.readers(id);
        const int last = readers.empty() ? connections.producer(id) : readers.back();
        if (last >= 0)
            result[size_t(last)].push_back(id);
    }
    return result;
}

class Walk {
public:
    /// Layers are chosen, or they are `given`.
    Walk(const Graph &graph, const Plan &plan, const Samples &samples,
         const Corrections &corrections,
         const std::vector<std::optional<LayerWeights>> *given = nullptr)
        : given_(given), graph_(graph), plan_(plan), corrections_(corrections),
          samples_(samples.count), connections_(graph), float_(graph), quantized_(graph),
          exact_(graph.tensors.size()), noisy_(graph.tensors.size()) {
        outcome_.weights.resize(graph.operators.size());
        outcome_.layers.resize(graph.operators.size());
        for (size_t i = 0; i < graph.inputs.size(); ++i) {
            exact_[size_t(graph.inputs[i])] = samples.inputs[i];
            noisy_[size_t(graph.inputs[i])] = on_grid(graph.inputs[i], samples.inputs[i]);
        }
    }

    Outcome run(const std::vector<Values> &exact, const Progress &progress) {
        const auto dead = last_uses(graph_);
        for (size_t i = 0; i < graph_.operators.size(); ++i) {
            step(i);
            for (TensorId id : dead[i])
                exact_[size_t(id)] = noisy_[size_t(id)] = {};
            if (progress)
                progress(i + 1, graph_.operators.size(), graph_.operators[i].name);
        }
        Noise noise;
        for (size_t i = 0; i < graph_.outputs.size(); ++i)
            noise.add(exact[i], noisy_[size_t(graph_.outputs[i])]);
        outcome_.output_sqnr = noise.sqnr();
        return std::move(outcome_);
    }

private:
    Values on_grid(TensorId id, Values values) const {
        if (plan_.of(id).integer)
            fake_quantize(values, plan_.of(id));
        return values;
    }

    std::vector<std::span<const float>> inputs(const Operator &op,
                                               const std::vector<Values> &values) const {
        std::vector<std::span<const float>> result;
        for (TensorId id : op.inputs)
            if (id != no_tensor && !graph_.tensor(id).constant())
                result.push_back(values[size_t(id)]);
        return result;
    }

    void step(size_t index) {
        const Operator &op = graph_.operators[index];
        const TensorId output = op.outputs[0];
        exact_[size_t(output)] = float_.execute(index, inputs(op, exact_), samples_);
        if (given_ && (*given_)[index])
            take_weights(op, index);
        else if (!given_ && has_weights(graph_, op) &&
                 plan_.layers[index].compute != Compute::float32)
            choose_weights(op, index);
        noisy_[size_t(output)] =
            on_grid(output, quantized_.execute(index, inputs(op, noisy_), samples_));
        measure(op, index);
    }

    void take_weights(const Operator &op, size_t index) {
        outcome_.weights[index] = (*given_)[index];
        set(op, *outcome_.weights[index], weight_rows(graph_, op));
    }

    void choose_weights(const Operator &op, size_t index) {
        const LayerScheme &scheme = plan_.layers[index];
        const Rows rows = weight_rows(graph_, op);
        const std::vector<float> bias = bias_of(graph_, op);
        WeightContext context;
        if (scheme.compute == Compute::integer)
            context.least_scales =
                least_scales(bias, operand_plan(plan_, op.inputs[0], op.outputs[0]));
        const bool learns = corrections_.bias || corrections_.round || scheme.weights.centroids;
        LayerWeights layer;
        layer.bias = bias;
        if (has_patches(op) && learns) {
            const Patches patches(graph_, op, noisy_[size_t(op.inputs[0])],
                                  exact_[size_t(op.inputs[0])], samples_, behind(op));
            context.importance = patches.energy();
            context.groups = patches.groups();
            layer.weights = round_to_nearest(op, rows, scheme.weights, context);
            if (corrections_.round)
                layer = learn_weights(rows, bias, scheme.weights, context, patches, layer.weights);
            else if (corrections_.bias)
                layer.bias = learn_bias(layer.weights.real(rows), bias, patches);
        } else {
            layer.weights = round_to_nearest(op, rows, scheme.weights, context);
        }
        set(op, layer, rows);
        if (!has_patches(op) && corrections_.bias && activation_of(op) == Activation::none) {
            shift_bias(op, index, layer.bias);
            set(op, layer, rows);
        }
        outcome_.weights[index] = std::move(layer);
    }

    /// The quantized network computes with these weights from now on.
    void set(const Operator &op, const LayerWeights &layer, const Rows &rows) {
        const Shape &shape = graph_.tensor(op.inputs[1]).shape;
        quantized_.set_constant(op.inputs[1],
                                from_rows(op, shape, layer.weights.real(rows).values));
        if (op.input(2) != no_tensor)
            quantized_.set_constant(op.inputs[2], layer.bias);
    }

    /// The activation that the layer's sums pass, and where they are added to another tensor that
    /// is already known before, that tensor: then the block's output counts.
    Behind behind(const Operator &op) const {
        Behind result{activation_of(op), {}, {}};
        const int reader = connections_.only_reader(op.outputs[0]);
        if (reader < 0 || result.activation != Activation::none)
            return result;
        const Operator &sum = graph_.operators[size_t(reader)];
        if (sum.kind != OpKind::add || sum.inputs[0] == sum.inputs[1])
            return result;
        const TensorId other = sum.inputs[0] == op.outputs[0] ? sum.inputs[1] : sum.inputs[0];
        const Values &exact = exact_[size_t(other)], &noisy = noisy_[size_t(other)];
        if (graph_.tensor(other).shape != graph_.tensor(op.outputs[0]).shape || noisy.empty())
            return result;
        return {activation_of(sum), exact, noisy};
    }

    /// Takes the mean error of each channel of an operator without activation from its bias.
    void shift_bias(const Operator &op, size_t index, std::vector<float> &bias) const {
        const Values values = quantized_.execute(index, inputs(op, noisy_), samples_);
        const Values &wanted = exact_[size_t(op.outputs[0])];
        std::vector<double> error(bias.size());
        for (size_t i = 0; i < values.size(); ++i)
            error[i % bias.size()] += double(wanted[i]) - values[i];
        for (size_t c = 0; c < bias.size(); ++c)
            bias[c] += float(error[c] / (double(values.size()) / double(bias.size())));
    }

    void measure(const Operator &op, size_t index) {
        const TensorId output = op.outputs[0];
        const Values &exact = exact_[size_t(output)];
        LayerOutcome &layer = outcome_.layers[index];
        Noise running;
        running.add(exact, noisy_[size_t(output)]);
        layer.sqnr_running = running.sqnr();
        if (plan_.of(output).integer)
            layer.saturated = saturated_share(exact, plan_.of(output));
    }

    const std::vector<std::optional<LayerWeights>> *given_;
    const Graph &graph_;
    const Plan &plan_;
    const Corrections &corrections_;
    const int64_t samples_;
    const Connections connections_;
    FloatExecutor float_, quantized_;
    std::vector<Values> exact_, noisy_; ///< by tensor; empty before and after use
    Outcome outcome_;
};

} // namespace

int64_t samples_in_walk(const Graph &graph) {
    const auto dead = last_uses(graph);
    int64_t alive = 0, peak = 1;
    for (TensorId id : graph.inputs)
        alive += graph.tensor(id).elements();
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const int64_t output = graph.tensor(graph.operators[i].outputs[0]).elements();
        alive += output;
        peak = std::max(peak, alive + output); // and the layer alone
        for (TensorId id : dead[i])
            alive -= graph.tensor(id).elements();
    }
    return std::max<int64_t>(1, most_bytes / (2 * int64_t(sizeof(float)) * peak));
}

Outcome correct(const Graph &graph, const Plan &plan, const Samples &samples,
                const std::vector<Values> &exact, const Corrections &corrections,
                const Progress &progress) {
    return Walk(graph, plan, samples, corrections).run(exact, progress);
}

Outcome measure(const Graph &graph, const Plan &plan, const Samples &samples,
                const std::vector<Values> &exact,
                const std::vector<std::optional<LayerWeights>> &layers, const Progress &progress) {
    const Corrections none{};
    return Walk(graph, plan, samples, none, &layers).run(exact, progress);
}

} // namespace octet::quantize
