// Figures of merit of a network's outputs: accuracy against labels, agreement and SQNR against
// another network's.
#pragma once

#include "compiler/quantize/samples.h"

#include <nlohmann/json.hpp>

#include <optional>

namespace octet::tools {

struct Judgement {
    int64_t samples = 0;
    std::optional<double> accuracy;  ///< share of samples whose largest output is the label's
    std::optional<double> agreement; ///< share of samples with the same largest output
    std::optional<double> sqnr_db;   ///< over all outputs
};

/// Samples in one run of the network, by its first output.
int batch_of_outputs(const Graph &graph);

/// The index of the largest of the first output's values, for each sample.
std::vector<int64_t> classes(const Graph &graph, const std::vector<Values> &outputs);

/// `labels` may be empty.
Judgement judge(const Graph &graph, const std::vector<Values> &outputs,
                const std::vector<int64_t> &labels);

/// Adds agreement and SQNR. Throws UsageError when the networks' outputs differ in number or size.
void compare(const Graph &graph, const std::vector<Values> &outputs, const Graph &exact_graph,
             const std::vector<Values> &exact, Judgement &judgement);

/// Keys samples, accuracy, agreement, sqnr_db; what was not asked for is null.
nlohmann::ordered_json to_json(const Judgement &judgement);

} // namespace octet::tools
