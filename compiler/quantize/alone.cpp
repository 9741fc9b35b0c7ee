#include "compiler/quantize/alone.h"

#include "compiler/quantize/simulation.h"

namespace octet::quantize {

void measure_alone(const Graph &graph, const Plan &plan, const Samples &samples, Outcome &outcome,
                   const Progress &progress) {
    const FloatExecutor exact(graph);
    FloatExecutor quantized(graph);
    for (size_t i = 0; i < graph.operators.size(); ++i)
        if (outcome.weights[i])
            set_layer(graph, graph.operators[i], *outcome.weights[i], quantized);
    std::vector<Noise> noises(graph.operators.size());
    const int64_t at_once = samples_at_once(graph);
    for (int64_t first = 0; first < samples.count; first += at_once) {
        const int64_t count = std::min(at_once, samples.count - first);
        std::vector<Values> values(graph.tensors.size());
        size_t next = 0; // of the operators, whose outputs are visited in order
        exact.run(samples.slice(first, count), count, [&](TensorId id, std::span<float> seen) {
            const bool computed =
                next < graph.operators.size() && graph.operators[next].outputs[0] == id;
            if (computed) {
                const Operator &op = graph.operators[next];
                std::vector<std::span<const float>> operands;
                for (TensorId input : op.inputs)
                    if (input != no_tensor && !graph.tensor(input).constant())
                        operands.push_back(values[size_t(input)]);
                Values alone = quantized.execute(next, operands, count);
                if (plan.of(id).integer)
                    fake_quantize(alone, plan.of(id));
                noises[next++].add(seen, alone);
            }
            Values &on_grid = values[size_t(id)];
            on_grid.assign(seen.begin(), seen.end());
            if (plan.of(id).integer)
                fake_quantize(on_grid, plan.of(id));
        });
        if (progress)
            progress(size_t(first + count), size_t(samples.count), "");
    }
    for (size_t i = 0; i < noises.size(); ++i)
        outcome.layers[i].sqnr_alone = noises[i].sqnr();
}

} // namespace octet::quantize
