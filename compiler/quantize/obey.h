// What a target can run, applied to what the user asks of a quantization.
//
// A chip may have kernels for less than Octet's quantizer can make: one scale per tensor, no zero
// points, scales that are shifts. Whoever only names the chip gets a network for it, so everything
// that the user has left open adapts. What the user has spelled out is never changed behind their
// back: where the chip cannot run it, it is refused. "Spelled out" is meant word by word: weights
// "4" leave open whether there is a scale per channel. A rule's schemes are spelled out as a whole.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/quantize/options.h"
#include "compiler/target/target.h"

namespace octet::quantize {

/// `options` within `target.quantization`. Throws UsageError naming the target, the option and what
/// the target can run.
Options obey(Options options, const Target &target);

/// Throws Error naming the first tensor of a quantized network that is beyond the target's limits.
/// Operators whose grids all engines agree on (softmax) can be, whatever the options say.
void require_obedient(const Graph &graph, const Target &target);

} // namespace octet::quantize
