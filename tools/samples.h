// Arrays of many samples and a network that takes a few at a time.
//
// An array's first axis counts samples. A network whose input is 4x96x96x3 takes samples in groups
// of 4; a single sample may come without its axis. What does not fit is refused with both shapes.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/support/npy.h"

#include <string>
#include <vector>

namespace octet::tools {

/// Samples that one run of the network takes or gives for this tensor.
int batch_of(const Tensor &tensor);

/// Completes arrays that end within a group of `images` independent samples by zeros. Returns how
/// many samples were added; arrays that do not fit the network are left to count_runs.
int64_t complete(const Graph &graph, int images, std::vector<Array> &arrays);

/// How often the network must run for these arrays, one per graph input, in order; `files` name
/// them in messages. Throws UsageError when number, type or shape do not fit.
int64_t count_runs(const Graph &graph, const std::vector<Array> &arrays,
                   const std::vector<std::string> &files);

/// The bytes of run `index` of an array that count_runs accepted.
Bytes slice(const Tensor &tensor, const Array &array, int64_t index);

/// Takes the last `count` samples away.
void drop_last(Array &array, int64_t count);

/// An empty array for `runs` runs of an output; append each run's bytes to its data.
Array output_array(const Tensor &tensor, int64_t runs);

} // namespace octet::tools
