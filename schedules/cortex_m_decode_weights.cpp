// Decoding weights on Cortex-M: four values to a word, look-ups in codebooks byte by byte.
//
// Values cost a shift, a mask and two operations for their sign per word of four. A look-up is an
// index, a load and its share in the word, unless there is one codebook for many weights: then two
// or four of them are one load. Weights of one layer are used many times, so that all of this
// hardly shows beside a convolution.
#include "schedules/cortex_m.h"

#include <algorithm>

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

namespace {

/// Expanding a codebook takes some 10 instructions for each of 256 entries, and saves two or three
/// for each weight.
constexpr int least_expanded_bytes = 2048;
constexpr int expanded_unroll = 4;

} // namespace

DecodeWeightsKnobs choose(DecodeWeightsSpec &spec, const Capabilities &chip) {
    // With MVE four words are a vector. Elsewhere two share the loop's overhead.
    const bool vectors = spec.codebooks == 0 && chip.vector_bits >= 128;
    const DecodeWeightsSpec whole = spec;
    spec.expand = spec.codebooks == 1 && (spec.bits == 4 || spec.bits == 2) &&
                  int64_t(spec.blocks) * spec.block_bytes >= least_expanded_bytes;
    if (spec.expand) {
        cut_into_parts(spec, 1, 1);
        spec.blocks = (spec.blocks + expanded_unroll - 1) / expanded_unroll * expanded_unroll;
        return {};
    }
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
    if (spec.expand) {
        kernel.expanded.compute_root();
        output.compute_root().unroll(kernel.block, expanded_unroll);
        return;
    }
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
