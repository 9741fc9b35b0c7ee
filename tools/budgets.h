// octet quantize --budget: from budgets to rules, with the target's measurements where they need
// them.
#pragma once

#include "compiler/quantize/mixed.h"

#include <filesystem>

namespace octet::tools {

struct BudgetRequest {
    std::filesystem::path output; ///< its extension says what weights the file can keep
    std::string target;           ///< empty: none
    bool verbose = false;
};

/// Puts rules for `options.budgets`, where there are any, before the user's own. Returns what to
/// say about them. Throws UsageError or Error where they cannot be kept.
std::vector<std::string> obey_budgets(const Graph &graph, const quantize::Samples &samples,
                                      const BudgetRequest &request, quantize::Options &options);

} // namespace octet::tools
