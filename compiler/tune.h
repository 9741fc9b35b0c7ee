// Tuning: which knobs are fastest for a network's kernels on this machine.
//
// Every kernel's candidates come from its schedule family. They are tried side by side: round i
// compiles the whole network with each kernel's candidate number i and times every call, so that
// one round costs one compilation whatever the number of kernels, and all run on the data that the
// network gives them.
#pragma once

#include "compiler/compile.h"
#include "schedules/tuned.h"

namespace octet {

struct TuneOptions {
    double seconds = 60; ///< budget; rounds stop when it is used up
    Progress progress;
};

struct TuneResult {
    schedules::Tuned database; ///< what was known before, with this network's kernels added
    size_t rounds = 0;
    /// Sums over the calls that were tuned: seconds, or instructions where those are counted.
    double before = 0, after = 0;
    bool instructions = false;
};

/// Tunes `graph` for options.target: the least time in this process, or the fewest instructions
/// that its runner's command counts. Throws Error.
TuneResult tune(const Graph &graph, const CompileOptions &options, const TuneOptions &tuning);

/// The database's file: $OCTET_TUNED or the one of the source tree, <folder>/<target>.json.
std::filesystem::path tuned_file(const Target &target);

} // namespace octet
