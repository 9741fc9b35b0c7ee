// Decoding weights on Cortex-M: four values to a word, look-ups in codebooks byte by byte.
//
// Values cost a shift, a mask and two operations for their sign per word of four. A look-up is two
// loads, an index and a store for each weight; weights of one layer are used many times, so that
// both hardly show beside a convolution.
#include "schedules/cortex_m.h"

#include <algorithm>

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

DecodeWeightsKnobs choose(DecodeWeightsSpec &spec, const Capabilities &chip) {
    spec.words = spec.codebooks == 0;
    // With MVE four words are a vector. Elsewhere two, for pairs of words are stored at once.
    const int part = !spec.words ? 1 : chip.vector_bits >= 128 ? 16 : 8;
    cut_into_parts(spec, part, 1);
    return {.vector = spec.words && chip.vector_bits >= 128 ? 4 : 1};
}

void schedule(DecodeWeights &kernel, const DecodeWeightsKnobs &knobs) {
    const DecodeWeightsSpec &spec = kernel.spec;
    Func output = kernel.output;
    output.compute_root()
        .reorder(kernel.part, kernel.place, kernel.lane, kernel.run, kernel.block)
        .unroll(kernel.part);
    if (knobs.vector > 1)
        output.vectorize(kernel.place, knobs.vector);
    else if (spec.group <= 8)
        output.unroll(kernel.place);
}

} // namespace octet::schedules::cortex_m
