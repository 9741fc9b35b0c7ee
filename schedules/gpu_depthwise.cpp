// Depthwise convolutions: a thread computes four channels of a few neighbouring outputs of a row.
//
// Outputs of a row share what they read, and threads beside one another read and write words beside
// one another. Padding is a choice at each access: a padded copy would move as many bytes as the
// convolution itself.
#include "schedules/gpu.h"
#include "schedules/gpu_launch.h"

namespace octet::schedules::gpu {

using namespace Halide;
using namespace octet::generators;

namespace {

/// Outputs of a row per thread: as many as divide the row and leave the card threads enough.
int tile_x(const DepthwiseConv2dSpec &spec, int tile_c) {
    constexpr int64_t enough = 1 << 16;
    const int64_t words =
        int64_t(spec.epilogue.channels / tile_c) * spec.out_w * spec.out_h * spec.batch;
    for (const int tile : {7, 4, 2})
        if (spec.out_w % tile == 0 && words / tile >= enough)
            return tile;
    return 1;
}

} // namespace

void schedule(DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs) {
    const DepthwiseConv2dSpec &spec = kernel.spec;
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), xo("xo"), xi("xi"), block("block"), thread("thread");
    Func output = kernel.output;
    output.compute_root()
        .split(c, co, ci, knobs.tile_c)
        .split(x, xo, xi, knobs.tile_x)
        .reorder(ci, xi, co, xo, y, n)
        .vectorize(ci)
        .unroll(xi);
    const int64_t tiles = int64_t(spec.epilogue.channels / knobs.tile_c) *
                          (spec.out_w / knobs.tile_x) * spec.out_h * spec.batch;
    launch(output, {co, xo, y, n}, tiles, knobs.threads, block, thread);
    const RDom &r = kernel.r;
    kernel.acc.compute_at(output, thread)
        .bound_extent(c, knobs.tile_c)
        .bound_extent(x, knobs.tile_x)
        .vectorize(c)
        .unroll(x);
    kernel.acc.update()
        .reorder({c, x, r[2], r[0], r[1]})
        .vectorize(c)
        .unroll(x)
        .unroll(r[2])
        .unroll(r[0]);
    if (spec.kernel_w * spec.kernel_h <= 25)
        kernel.acc.update().unroll(r[1]);
}

std::vector<DepthwiseKnobs> candidates(DepthwiseConv2dSpec &spec, const Capabilities & /*chip*/) {
    spec.group = 1;
    spec.staged = false;
    const int tile_c = divisor(spec.epilogue.channels, 4);
    return {{.tile_c = tile_c, .tile_x = tile_x(spec, tile_c), .threads = 128}};
}

} // namespace octet::schedules::gpu
