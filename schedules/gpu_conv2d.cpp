// Convolutions as dot products of four bytes in registers.
#include "schedules/gpu.h"
#include "schedules/gpu_launch.h"

namespace octet::schedules::gpu {

using namespace Halide;
using namespace octet::generators;

void schedule(Conv2d &kernel, const Conv2dKnobs &knobs) {
    const Conv2dSpec &spec = kernel.spec;
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), xo("xo"), xi("xi"), block("block"), thread("thread");
    const int channels = spec.lanes * knobs.tile_c;
    Func output = kernel.output;
    output.compute_root()
        .split(c, co, ci, channels)
        .split(x, xo, xi, knobs.tile_x, TailStrategy::GuardWithIf)
        .reorder(ci, xi, co, xo, y, n)
        .vectorize(ci, spec.lanes)
        .unroll(ci)
        .unroll(xi);
    const int64_t tiles = int64_t(spec.epilogue.channels / channels) *
                          ceil_div(spec.out_w, knobs.tile_x) * spec.out_h * spec.batch;
    launch(output, {co, xo, y, n}, tiles, knobs.threads, block, thread);
    Func acc = kernel.acc;
    const RDom &r = kernel.r;
    acc.compute_at(output, thread)
        .bound_extent(c, channels)
        .bound_extent(x, knobs.tile_x)
        .vectorize(c, spec.lanes)
        .unroll(c)
        .unroll(x);
    std::vector<VarOrRVar> reduction = {r[0], c, x};
    for (int i = 1; i < r.dimensions(); ++i)
        reduction.emplace_back(r[i]);
    acc.update().reorder(reduction).atomic().vectorize(r[0]).unroll(c).unroll(x);
    if (spec.staged)
        schedule_copy(kernel.staged, spec.staged_extents());
}

std::vector<Conv2dKnobs> candidates(Conv2dSpec &spec, const Capabilities &chip) {
    spec.group = std::max(1, chip.dot_lanes);
    spec.lanes = divisor(spec.epilogue.channels, 4);
    // Padding is a choice at each access; the channels of groups may need the copy's padding.
    spec.staged &= spec.groups > 1;
    // Few outputs are spread over the card: a warp per block, and of one pixel a word per thread.
    constexpr int64_t few = 1 << 14;
    const int64_t pixels = int64_t(spec.out_w) * spec.out_h * spec.batch;
    const int threads = pixels * spec.epilogue.channels / spec.lanes <= few ? 32 : 128;
    if (pixels == 1)
        return {{1, 1, threads}};
    std::vector<Conv2dKnobs> result;
    for (const int tile_x : {4, 2, 1})
        for (const int tile_c : {2, 1})
            if (spec.out_w % tile_x == 0 && spec.epilogue.channels % (spec.lanes * tile_c) == 0)
                result.push_back({tile_c, tile_x, threads});
    return result;
}

} // namespace octet::schedules::gpu
