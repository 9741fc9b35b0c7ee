// Search of ranges by what counts: the noise at the network's outputs.
//
// Each method of range.h weighs clipping against rounding for one tensor by itself; which tensors'
// tails matter, only the whole network can tell. The search goes through the tensors in order,
// tries for each the ranges of all methods and some around the best, and keeps what gives the
// outputs of the quantized network the best signal-to-noise ratio on calibration data. A range has
// only two numbers, so a hundred samples do not overfit it.
#pragma once

#include "compiler/quantize/plan.h"

namespace octet::quantize {

/// Improves the grids of `plan` that neither user nor operator has fixed. `samples` are few;
/// `exact` are the float network's outputs for them. Returns the ratio reached, in dB.
double search_ranges(const Graph &graph, const Statistics &statistics, const Samples &samples,
                     const std::vector<Values> &exact, Plan &plan, const Progress &progress = {});

/// Samples for a search: as many as keep one run of them below a few billion multiplications.
int64_t samples_in_search(const Graph &graph);

} // namespace octet::quantize
