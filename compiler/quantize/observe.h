// Observation: what every activation of a float network looks like on calibration data.
//
// Ranges are chosen from these statistics, and may be chosen again by another method without
// running the network, so they can be stored.
#pragma once

#include "compiler/quantize/range.h"
#include "compiler/quantize/samples.h"
#include "compiler/support/progress.h"

#include <filesystem>
#include <optional>

namespace octet::quantize {

struct Statistics {
    uint64_t network = 0; ///< fingerprint() of the graph that they were seen in
    int64_t samples = 0;
    std::vector<std::optional<TensorStatistics>> tensors; ///< by TensorId; empty for constants

    const TensorStatistics &of(TensorId id) const { return tensors.at(size_t(id)).value(); }
};

/// A hash of everything that a float graph's values depend on: names, shapes, operators, constants.
uint64_t fingerprint(const Graph &graph);

/// Runs all samples. Throws Error naming the tensor where values are not finite, and for an input
/// that is the same number in all samples.
Statistics observe(const Graph &graph, const FloatExecutor &executor, const Samples &samples,
                   const Progress &progress = {});

/// Samples that the executor may take at once: few enough that the tensors stay small.
int64_t samples_at_once(const Graph &graph);

/// Stores them as JSON by the tensors' names, and reads them for the same graph. `graph` needs only
/// the names and shapes of the one observed, which equalization keeps. Reading throws Error naming
/// the file and what is wrong: damage, a tensor that is missing, or a network with other weights.
void save(const Statistics &statistics, const Graph &graph, const std::filesystem::path &file);
Statistics load_statistics(const Graph &graph, const std::filesystem::path &file);

} // namespace octet::quantize
