// Decoding weights on Cortex-M: four values to a word, look-ups in codebooks byte by byte.
//
// Values cost a shift, a mask and two operations for their sign per word of four. A look-up is an
// index, a load and its share in the word; weights of one layer are used many times, so that both
// hardly show beside a convolution.
#include "schedules/cortex_m.h"

#include <algorithm>

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

DecodeWeightsKnobs choose(DecodeWeightsSpec &spec, const Capabilities &chip) {
    // With MVE four words are a vector. Elsewhere two share the loop's overhead.
    const bool vectors = spec.codebooks == 0 && chip.vector_bits >= 128;
    const DecodeWeightsSpec whole = spec;
    cut_into_parts(spec, vectors ? 16 : 8, 4);
    spec.words = spec.group % 4 == 0 && spec.block_bytes % 4 == 0;
    if (!spec.words) {
        spec = whole;
        cut_into_parts(spec, 1, 1);
    }
    return {.vector = vectors ? 4 : 1};
}

void schedule(DecodeWeights &kernel, const DecodeWeightsKnobs &knobs) {
    const DecodeWeightsSpec &spec = kernel.spec;
    Func output = kernel.output;
    output.compute_root()
        .reorder(kernel.part, kernel.place, kernel.lane, kernel.run, kernel.block)
        .unroll(kernel.part);
    kernel.loaded.compute_at(output, kernel.place)
        .bound(kernel.row, 0, spec.stored_rows())
        .unroll(kernel.row);
    if (knobs.vector > 1) {
        kernel.loaded.vectorize(kernel.place, knobs.vector);
        output.vectorize(kernel.place, knobs.vector);
    } else if (spec.group <= 8) {
        output.unroll(kernel.place);
    }
}

} // namespace octet::schedules::cortex_m
