// The noise of each layer by itself: its inputs are the float network's on their grids, its weights
// and its output are quantized, and nothing that other layers have lost reaches it.
//
// The walk compares networks by their outputs and does without it; it is measured once, of what was
// chosen.
#pragma once

#include "compiler/quantize/correct.h"

namespace octet::quantize {

/// Fills sqnr_alone of all layers of `outcome`, which belongs to `graph` and `plan`.
void measure_alone(const Graph &graph, const Plan &plan, const Samples &samples, Outcome &outcome,
                   const Progress &progress = {});

} // namespace octet::quantize
