// Depthwise convolutions on Cortex-M: planes of one channel (generators/depthwise_conv2d.h).
//
// The channel is the outermost loop, so its weights and the constants of its epilogue are loaded
// once for the whole image. Two neighbouring outputs of a 3x3 kernel with pairs of products take 12
// multiplications and 3 double loads for 18 taps; their operands, six words of weights, two
// accumulators, two words of the plane, fill the registers.
#include "schedules/cortex_m_mve.h"

#include <algorithm>

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

void schedule(DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs) {
    const DepthwiseConv2dSpec &spec = kernel.spec;
    if (spec.formulation == DepthwiseFormulation::interleaved)
        return mve::schedule(kernel, knobs);
    const auto &[c, x, y, n] = kernel.v;
    Var xi("xi"), xu("xu");
    const std::vector<int> plane = spec.plane_extents();

    kernel.output.compute_root()
        .split(x, kernel.xo, xi, spec.block, TailStrategy::GuardWithIf)
        .split(kernel.xo, kernel.xo, xu, knobs.tile_x, TailStrategy::GuardWithIf)
        .reorder(xi, xu, kernel.xo, y, n, c)
        .unroll(xi)
        .unroll(xu);
    kernel.sums.compute_at(kernel.output, xu).bound(kernel.p, 0, spec.block).unroll(kernel.p);
    kernel.sums.update().reorder(kernel.p, kernel.r).unroll(kernel.p).unroll(kernel.r);
    for (Func invariant : kernel.invariants)
        invariant.compute_at(kernel.output, c).unroll(invariant.args().front());
    kernel.plane.compute_at(kernel.output, n)
        .store_in(MemoryType::Heap)
        .bound(kernel.i, 0, plane[0])
        .bound(y, 0, plane[1]);
    if (plane[0] <= 32)
        kernel.plane.unroll(kernel.i);
    if (!spec.paired)
        return;
    kernel.pairs.compute_at(kernel.output, c)
        .bound(kernel.i, 0, kernel.pair_words)
        .bound(x, 0, spec.kernel_h)
        .unroll(kernel.i)
        .unroll(x);
    kernel.words.compute_at(kernel.sums, kernel.r)
        .bound(kernel.i, 0, kernel.row_words)
        .unroll(kernel.i);
}

std::vector<DepthwiseKnobs> candidates(DepthwiseConv2dSpec &spec, const Capabilities &chip) {
    if (chip.dot_lanes == 16 && mve::suits(spec))
        return mve::candidates(spec);
    spec.formulation = DepthwiseFormulation::planar;
    spec.staged = true;
    // Pairs need neighbouring taps and blocks that begin with a word.
    spec.paired = chip.dot_lanes == 4 && spec.dilation_w == 1;
    spec.block = spec.paired ? (spec.stride_w % 2 ? 2 : 1) : std::min(4, spec.out_w);
    spec.staged_type = "s16";
    spec.scratch_bytes = (spec.plane_bytes() + 15) / 16 * 16;
    std::vector<DepthwiseKnobs> result;
    for (const int unroll : {6, 4, 3, 2, 1})
        if (spec.blocks() % unroll == 0 || unroll == 1)
            result.push_back({.tile_x = unroll});
    return result;
}

} // namespace octet::schedules::cortex_m
