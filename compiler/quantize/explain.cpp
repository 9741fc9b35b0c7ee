#include "compiler/quantize/explain.h"

#include "compiler/quantize/search_ranges.h"
#include "compiler/quantize/simulation.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>

namespace octet::quantize {

namespace {

/// The page says "exact" for infinity.
double shown(double sqnr) {
    constexpr double silent = 200; // Noise::sqnr() without noise
    return sqnr >= silent ? std::numeric_limits<double>::infinity() : sqnr;
}

uint64_t float_bytes(const Graph &graph, const Operator &op) {
    uint64_t bytes = 0;
    for (TensorId id : op.inputs)
        if (id != no_tensor && graph.tensor(id).constant())
            bytes += graph.tensor(id).bytes();
    return bytes;
}

/// Weights as stored, codebooks, and biases of four bytes.
uint64_t stored_bytes(const LayerWeights &layer) {
    const WeightStorage &storage = layer.weights.storage;
    return (layer.weights.values.size() * size_t(storage.bits) + 7) / 8 + storage.codebooks.size() +
           4 * layer.bias.size();
}

std::string shapes_of(const Graph &graph, const Operator &op) {
    std::vector<std::string> operands;
    for (TensorId id : op.inputs)
        if (id != no_tensor && graph.tensor(id).shape.size() > 1)
            operands.push_back(to_string(graph.tensor(id).shape));
    return fmt::format("{} to {}", fmt::join(operands, " by "),
                       to_string(graph.tensor(op.outputs[0]).shape));
}

double sqnr_of(const std::vector<Values> &exact, const std::vector<Values> &values) {
    Noise noise;
    for (size_t i = 0; i < exact.size(); ++i)
        noise.add(exact[i], values[i]);
    return noise.sqnr();
}

class Explainer {
public:
    Explainer(const Graph &source, const Quantized &result, const Samples &samples,
              const Options &options)
        : source_(source), result_(result), graph_(result.prepared), options_(options),
          few_(samples.some(samples_in_search(result.prepared))),
          simulation_(result.prepared, result.plan, result.outcome.weights) {}

    report::QuantizationReport run(const Progress &progress) {
        report::QuantizationReport page;
        page.network = source_.name;
        page.source = source_.source;
        page.options = {{"weights", to_text(options_.scheme.weights)},
                        {"activations", to_text(options_.scheme.activations)},
                        {"calibration", to_text(options_.scheme.calibration)},
                        {"corrections", to_text(options_.correct)}};
        page.samples = result_.statistics.samples;
        page.output_sqnr = shown(result_.outcome.output_sqnr);
        page.notes = result_.notes;
        observe_quantized();
        const std::vector<Values> exact = float_outputs();
        const double whole = sqnr_of(exact, simulation_.run(few_));
        for (size_t i = 0; i < graph_.operators.size(); ++i) {
            page.layers.push_back(layer(i));
            if (result_.outcome.weights[i])
                page.layers.back().sensitivity =
                    sqnr_of(exact, simulation_.run(few_, {}, int(i))) - whole;
            page.bytes_before += page.layers.back().bytes_before;
            page.bytes_after += page.layers.back().bytes_after;
            if (progress)
                progress(i + 1, graph_.operators.size(), graph_.operators[i].name);
        }
        return page;
    }

private:
    std::vector<Values> float_outputs() const {
        const FloatExecutor executor(source_);
        return executor.run(few_.slice(0, few_.count), few_.count);
    }

    /// Bars of every quantized activation, between the float ones' ends, and what lies at the ends
    /// of its grid.
    void observe_quantized() {
        simulation_.run(few_, [&](TensorId id, std::span<float> values) {
            const ActivationPlan &plan = result_.plan.of(id);
            const Histogram &seen = result_.statistics.of(id).histogram;
            bars_[id] = report::distribution_of(values, seen.min(), seen.max());
            if (!plan.integer || values.empty())
                return;
            const Range ends = representable(plan.affine, plan.grid);
            const float half = plan.affine.scale / 2;
            const auto outermost = std::ranges::count_if(values, [&](float value) {
                return value > ends.hi - half || (ends.lo < 0 && value < ends.lo + half);
            });
            saturated_[id] = double(outermost) / double(values.size());
        });
    }

    report::QuantizedLayer layer(size_t index) {
        const Operator &op = graph_.operators[index];
        const TensorId output = op.outputs[0];
        const LayerScheme &scheme = result_.plan.layers[index];
        const LayerOutcome &outcome = result_.outcome.layers[index];
        const ActivationPlan &plan = result_.plan.of(output);
        report::QuantizedLayer layer;
        layer.name = op.name;
        layer.op = name_of(op.kind);
        layer.shapes = shapes_of(graph_, op);
        layer.sqnr_alone = shown(outcome.sqnr_alone);
        layer.sqnr_running = shown(outcome.sqnr_running);
        layer.bytes_before = layer.bytes_after = float_bytes(graph_, op);
        const TensorStatistics &statistics = result_.statistics.of(output);
        layer.observed = report::Interval{statistics.histogram.min(), statistics.histogram.max()};
        layer.activations = report::distribution_of(statistics.histogram);
        layer.quantized_activations = bars_[output];
        layer.activation_scheme = std::string(to_text(scheme.compute));
        if (plan.integer) {
            const Range range = representable(plan.affine, plan.grid);
            layer.chosen = report::Interval{range.lo, range.hi};
            layer.clipped = outcome.saturated;
            layer.saturated = saturated_[output];
            layer.activation_scheme = to_text(scheme.activations);
        }
        if (const auto &weights = result_.outcome.weights[index])
            describe_weights(op, scheme, *weights, layer);
        note_dead_channels(statistics, layer);
        return layer;
    }

    void describe_weights(const Operator &op, const LayerScheme &scheme,
                          const LayerWeights &weights, report::QuantizedLayer &layer) const {
        const Rows rows = weight_rows(graph_, op);
        const Rows real = weights.weights.real(rows);
        const auto [lo, hi] = std::ranges::minmax(rows.values);
        layer.weight_scheme = to_text(scheme.weights);
        layer.weights = report::distribution_of(rows.values, lo, hi);
        layer.quantized_weights = report::distribution_of(real.values, lo, hi);
        layer.bytes_after = stored_bytes(weights);
    }

    static void note_dead_channels(const TensorStatistics &statistics,
                                   report::QuantizedLayer &layer) {
        if (!statistics.channels)
            return;
        int64_t dead = 0;
        for (int64_t c = 0; c < statistics.channels->channels(); ++c)
            dead += statistics.channels->min(c) == 0 && statistics.channels->max(c) == 0;
        if (dead > 0)
            layer.notes.push_back(fmt::format("{} of {} channels are 0 on all calibration data",
                                              dead, statistics.channels->channels()));
    }

    const Graph &source_;
    const Quantized &result_;
    const Graph &graph_;
    const Options &options_;
    const Samples few_;
    Simulation simulation_;
    std::map<TensorId, report::Distribution> bars_;
    std::map<TensorId, double> saturated_;
};

} // namespace

report::QuantizationReport explain(const Graph &source, const Quantized &result,
                                   const Samples &samples, const Options &options,
                                   const Progress &progress) {
    return Explainer(source, result, samples, options).run(progress);
}

} // namespace octet::quantize
