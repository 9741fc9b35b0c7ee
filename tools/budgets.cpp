#include "tools/budgets.h"

#include "compiler/latency.h"
#include "compiler/support/error.h"
#include "tools/model.h"
#include "tools/progress.h"

#include <algorithm>

namespace octet::tools {

namespace {

using quantize::Budget;

/// Latency on the target; without a budget that needs it, nothing.
quantize::CostModel latency_model(const BudgetRequest &request, const quantize::Options &options) {
    const auto wanted =
        std::ranges::find(options.budgets, Budget::Resource::latency, &Budget::resource);
    if (wanted == options.budgets.end())
        return {};
    if (request.target.empty())
        throw UsageError("budget '{}': no target is named to measure on; add --target host or "
                         "another one",
                         wanted->text);
    ModelOptions model;
    model.target = request.target;
    CompileOptions compile_options;
    compile_options.target = load_target(model, true);
    return {
        measures_time(compile_options.target) ? Budget::Unit::seconds : Budget::Unit::instructions,
        [compile_options](const Graph &graph) { return layer_latencies(graph, compile_options); }};
}

} // namespace

std::vector<std::string> obey_budgets(const Graph &graph, const quantize::Samples &samples,
                                      const BudgetRequest &request, quantize::Options &options) {
    if (options.budgets.empty())
        return {};
    const quantize::CostModel latency = latency_model(request, options);
    ProgressLine progress("choosing bits", request.verbose);
    const quantize::Mixed mixed = quantize::choose_schemes(
        graph, samples, options,
        request.target.empty() ? QuantizationLimits{} : find_target(request.target).quantization,
        request.output.extension() != ".octet", latency, progress.callback());
    options.rules.insert(options.rules.begin(), mixed.rules.begin(), mixed.rules.end());
    return mixed.notes;
}

} // namespace octet::tools
