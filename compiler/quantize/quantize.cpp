#include "compiler/quantize/quantize.h"

#include "compiler/graph/check_operator.h"
#include "compiler/quantize/absorb.h"
#include "compiler/quantize/alone.h"
#include "compiler/quantize/analytic.h"
#include "compiler/quantize/equalize.h"
#include "compiler/quantize/learn_blocks.h"
#include "compiler/quantize/prepare.h"
#include "compiler/quantize/search_ranges.h"
#include "compiler/quantize/simulation.h"

#include <algorithm>

namespace octet::quantize {

namespace {

/// One candidate for the network to quantize, equalized in some way.
struct Candidate {
    std::string how;
    Graph graph;
    Statistics statistics;
    Plan plan;
};

std::vector<Values> outputs_of(const Graph &graph, const Samples &samples) {
    const FloatExecutor executor(graph);
    std::vector<Values> result(graph.outputs.size());
    const int64_t at_once = samples_at_once(graph);
    for (int64_t first = 0; first < samples.count; first += at_once) {
        const int64_t count = std::min(at_once, samples.count - first);
        const std::vector<Values> some = executor.run(samples.slice(first, count), count);
        for (size_t i = 0; i < some.size(); ++i)
            result[i].insert(result[i].end(), some[i].begin(), some[i].end());
    }
    return result;
}

class Quantizer {
public:
    Quantizer(const Samples &samples, const Options &options, const Progress &progress)
        : samples_(samples), options_(options), progress_(progress) {}

    Quantized run(const Graph &graph, std::optional<Statistics> known) {
        require_float(graph);
        if (known)
            require_data();
        Quantized result;
        const Graph prepared = prepare(graph, result.notes);
        if (known && known->network != fingerprint(prepared))
            throw UsageError("{}: the statistics belong to another network; observe this one",
                             where(graph));
        if (samples_.count > 0) {
            walked_ = samples_.some(samples_in_walk(prepared));
            exact_ = outputs_of(prepared, walked_);
        }

        Candidate best = candidate("", prepared, samples_, std::move(known));
        result.observed = best.statistics;
        if (options_.correct.equalize)
            equalize_if_better(best);
        result.equalization = best.how;
        result.prepared = std::move(best.graph);
        result.statistics = std::move(best.statistics);
        result.plan = std::move(best.plan);
        result.outcome = corrected(result, result.plan);
        if (options_.scheme.calibration.search && has_grids(result.plan))
            search(prepared, result);
        if (options_.correct.blocks)
            learn_by_blocks(result);
        if (samples_.count > 0)
            measure_alone(result.prepared, result.plan, walked_, result.outcome,
                          step("measuring layers"));
        result.graph = assemble(result.prepared, result.plan, result.outcome.weights,
                                options_.ends.value_or(Ends::integer),
                                options_.rounding.value_or(Rounding::reference));
        describe(graph, result);
        return result;
    }

private:
    Progress step(const char *what) const {
        if (!progress_)
            return {};
        return [this, what](size_t done, size_t total, const std::string &name) {
            progress_(done, total, name.empty() ? what : fmt::format("{} {}", what, name));
        };
    }

    /// Without samples only what needs none may be asked for.
    void require_data() const {
        const Corrections &correct = options_.correct;
        if (samples_.count == 0 && (correct.equalize || correct.bias || correct.round))
            throw UsageError("corrections {}: there are no samples to learn them from; give data "
                             "or correct none",
                             to_text(correct));
        if (samples_.count == 0 && options_.scheme.calibration.search)
            throw UsageError("calibration search: there are no samples to search with; give data "
                             "or another method");
    }

    Candidate candidate(std::string how, Graph graph, const Samples &samples,
                        std::optional<Statistics> known = {}) const {
        Candidate result;
        result.how = std::move(how);
        result.graph = std::move(graph);
        result.statistics =
            known ? std::move(*known)
                  : observe(result.graph, FloatExecutor(result.graph), samples, step("observing"));
        result.plan = make_plan(result.graph, result.statistics, options_);
        return result;
    }

    /// Rescales channels and absorbs biases where that loses less with plain rounding. A part of
    /// the samples tells; what they choose is observed on all.
    void equalize_if_better(Candidate &plain) const {
        const Samples few = walked_.some(most_compared);
        const std::vector<Values> exact = outputs_of(plain.graph, few);
        std::optional<Candidate> best;
        std::optional<double> wanted; // dB
        const auto attempt = [&](const Candidate &from, const std::string &how, Graph graph) {
            if (!wanted) // A decibel more, or the plainer network stays.
                wanted = rounded_sqnr(plain, few, exact) + 1;
            Candidate other =
                candidate(from.how.empty() ? how : from.how + ", " + how, std::move(graph), few);
            if (const double sqnr = rounded_sqnr(other, few, exact); sqnr > *wanted) {
                wanted = sqnr;
                best = other;
            }
            return other;
        };
        const auto equalized = [&](const Candidate &from) {
            for (Equalization how : {Equalization::weights, Equalization::activations}) {
                Graph graph = from.graph;
                if (const size_t pairs = equalize(graph, from.statistics, how); pairs > 0)
                    attempt(from,
                            fmt::format("{} pairs of layers equalized by {}", pairs, to_text(how)),
                            std::move(graph));
            }
        };
        equalized(plain);
        // What channels have at least is known from all samples here, and stays so when scaled.
        Graph graph = plain.graph;
        if (const size_t channels = absorb_biases(graph, plain.statistics); channels > 0)
            equalized(attempt(plain, fmt::format("biases of {} channels absorbed", channels),
                              std::move(graph)));
        if (best)
            plain = few.count < samples_.count
                        ? candidate(std::move(best->how), std::move(best->graph), samples_)
                        : std::move(*best);
    }

    /// dB of the output with plain rounding.
    static double rounded_sqnr(const Candidate &candidate, const Samples &samples,
                               const std::vector<Values> &exact) {
        return correct(candidate.graph, candidate.plan, samples, exact,
                       {.equalize = false, .bias = true, .round = false})
            .output_sqnr;
    }

    Outcome corrected(const Quantized &result, const Plan &plan) const {
        const Graph &graph = result.prepared;
        const Corrections &wanted = options_.correct;
        Outcome outcome;
        if (samples_.count > 0)
            outcome = correct(graph, plan, walked_, exact_, wanted, step("correcting"));
        else
            outcome = {rounded_layers(graph, plan),
                       std::vector<LayerOutcome>(graph.operators.size()), 0};
        if (!wanted.analytic || wanted.bias) // Learned biases are better.
            return outcome;
        correct_biases(graph, result.statistics, outcome.weights);
        if (samples_.count > 0)
            return measure(graph, plan, walked_, exact_, outcome.weights);
        return outcome;
    }

    /// Rounding by blocks starts from what the walk has found, and stays if it is better.
    void learn_by_blocks(Quantized &result) const {
        auto layers = result.outcome.weights;
        size_t kept = 0;
        const auto gains = learn_blocks(result.prepared, result.plan, walked_, layers, {},
                                        step("learning blocks"));
        for (const BlockGain &gain : gains)
            kept += gain.kept;
        Outcome outcome = measure(result.prepared, result.plan, walked_, exact_, layers,
                                  step("measuring blocks"));
        if (outcome.output_sqnr <= result.outcome.output_sqnr)
            kept = 0;
        else
            result.outcome = std::move(outcome);
        result.notes.push_back(fmt::format("{} of {} blocks learned again", kept, gains.size()));
    }

    /// Keeps the plan if the outputs are less noisy with it.
    void consider(Quantized &result, const Plan &plan) const {
        Outcome outcome = corrected(result, plan);
        if (outcome.output_sqnr <= result.outcome.output_sqnr)
            return;
        result.plan = plan;
        result.outcome = std::move(outcome);
    }

    /// Whether any activation is quantized in advance.
    static bool has_grids(const Plan &plan) {
        return std::ranges::any_of(plan.tensors, &ActivationPlan::integer);
    }

    /// No method is best for all networks: all are tried with their corrections, then the best
    /// one's ranges one by one.
    void search(const Graph &prepared, Quantized &result) const {
        Options options = options_;
        const auto try_method = [&](Method method, double percentile) {
            options.scheme.calibration.method = method;
            options.scheme.calibration.percentile = percentile;
            consider(result, make_plan(result.prepared, result.statistics, options));
        };
        try_method(Method::percentile, 99.999);
        for (Method method : {Method::mse, Method::minmax, Method::entropy})
            try_method(method, 0);
        const Samples few = samples_.some(samples_in_search(result.prepared));
        Plan plan = result.plan;
        search_ranges(result.prepared, result.statistics, few, outputs_of(prepared, few), plan,
                      step("searching ranges"));
        consider(result, plan);
    }

    void describe(const Graph &source, Quantized &result) const {
        result.graph.name = source.name;
        result.graph.source = source.source;
        if (!result.equalization.empty())
            result.notes.push_back(result.equalization);
        result.notes.insert(result.notes.end(), result.plan.notes.begin(), result.plan.notes.end());
        result.graph.notes = {
            fmt::format("quantized by Octet: compute {}, weights {}, activations {}, "
                        "calibration {} on {} samples, corrections {}",
                        to_text(options_.scheme.compute), to_text(options_.scheme.weights),
                        to_text(options_.scheme.activations), to_text(options_.scheme.calibration),
                        result.statistics.samples, to_text(options_.correct))};
    }

    /// Samples that tell one network from another.
    static constexpr int64_t most_compared = 128;

    const Samples &samples_;
    const Options &options_;
    const Progress &progress_;
    Samples walked_;            ///< what the corrections see
    std::vector<Values> exact_; ///< the float network's outputs for them
};

} // namespace

void require_float(const Graph &graph) {
    for (const Operator &op : graph.operators)
        for (const auto *ids : {&op.inputs, &op.outputs})
            for (TensorId id : *ids)
                if (id != no_tensor && graph.tensor(id).dtype != DType::f32)
                    throw UsageError("{}: operator {} has the {} tensor '{}'; give the float "
                                     "network that it was made of",
                                     where(graph), op.name, name_of(graph.tensor(id).dtype),
                                     graph.tensor(id).name);
}

Quantized quantize(const Graph &graph, const Samples &samples, const Options &options,
                   const Progress &progress, std::optional<Statistics> known) {
    return Quantizer(samples, options, progress).run(graph, std::move(known));
}

} // namespace octet::quantize
