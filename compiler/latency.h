// What each operator of a network takes of a run, measured where the target runs.
#pragma once

#include "compiler/compile.h"

#include <map>
#include <string>

namespace octet {

/// Compiles the network and runs it: seconds where the target runs in this process, else the
/// instructions that its command counts, so the result needs no model of the chip. By the
/// operators' names; decoding an operator's weights is a part of it, and what cannot be told apart
/// has the name "". The sum is what one run takes. Throws Error where nothing is measured.
std::map<std::string, double> layer_latencies(const Graph &graph, const CompileOptions &options);

/// Whether layer_latencies() gives seconds; else instructions.
bool measures_time(const Target &target);

} // namespace octet
