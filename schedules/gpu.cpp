#include "schedules/gpu.h"

#include <algorithm>
#include <numeric>

namespace octet::schedules::gpu {

using namespace Halide;
using namespace octet::generators;

namespace {

/// The loops of a stage, innermost first, become blocks of at most `threads` threads. Returns the
/// thread's loop.
template <typename Stage_, typename Loop>
Loop launch(Stage_ stage, const std::vector<Loop> &loops, int64_t iterations, int threads,
            const Loop &block, const Loop &thread) {
    Loop all = loops.front();
    for (size_t i = 1; i < loops.size(); ++i) {
        Loop fused(block.name() + std::to_string(i));
        stage.fuse(all, loops[i], fused);
        all = fused;
    }
    const int used = int(std::min<int64_t>(threads, iterations));
    stage.split(all, block, thread, used, TailStrategy::GuardWithIf)
        .gpu_blocks(block)
        .gpu_threads(thread);
    return thread;
}

int64_t product(const std::vector<int> &extents) {
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

/// The longest vector of 4, 2 or 1 elements that divides an extent.
int divisor(int extent, int most) {
    int vector = most;
    while (extent % vector)
        vector /= 2;
    return vector;
}

/// A launch of its own for a Func that is as it is: a padded copy.
void schedule_copy(Func copy, const std::vector<int> &extents) {
    const std::vector<Var> dims = copy.args();
    const int vector = divisor(extents[0], 4);
    Var outer("outer"), inner("inner"), block("block"), thread("thread");
    copy.compute_root().split(dims[0], outer, inner, vector).vectorize(inner);
    std::vector<Var> loops = {outer};
    loops.insert(loops.end(), dims.begin() + 1, dims.end());
    launch(copy, loops, product(extents) / vector, 256, block, thread);
}

} // namespace

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

void schedule(DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs) {
    const DepthwiseConv2dSpec &spec = kernel.spec;
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), block("block"), thread("thread");
    Func output = kernel.output;
    output.compute_root().split(c, co, ci, knobs.tile_c).vectorize(ci);
    const int64_t tiles =
        int64_t(spec.epilogue.channels / knobs.tile_c) * spec.out_w * spec.out_h * spec.batch;
    launch(output, {co, x, y, n}, tiles, knobs.threads, block, thread);
    const RDom &r = kernel.r;
    kernel.acc.compute_at(output, thread).bound_extent(c, knobs.tile_c).vectorize(c);
    kernel.acc.update().reorder({c, r[0], r[1], r[2]}).vectorize(c);
    if (spec.staged)
        schedule_copy(kernel.staged, spec.staged_extents());
}

void schedule(Pointwise &kernel, const PointwiseKnobs &knobs) {
    Func output = kernel.output;
    Var outer("outer"), inner("inner"), block("block"), thread("thread");
    for (size_t i = 0; i < kernel.parts.size(); ++i) {
        const RDom &part = kernel.parts[i];
        std::vector<RVar> loops;
        int64_t elements = 1;
        for (int d = 0; d < part.dimensions(); ++d) {
            loops.push_back(part[d]);
            elements *= *Internal::as_const_int(Internal::simplify(part[d].extent()));
        }
        launch(output.update(int(i)), loops, elements, knobs.threads, RVar("block"),
               RVar("thread"));
    }
    if (!kernel.parts.empty())
        return;
    const std::vector<int> &extents = kernel.shape.extents;
    // Values per row are computed by the thread that computes the row.
    if (!kernel.rows.empty()) {
        std::vector<Var> loops(kernel.dims.begin() + 1, kernel.dims.end());
        const Var at =
            launch(output, loops, product(extents) / extents[0], knobs.threads, block, thread);
        for (Func row : kernel.rows)
            row.compute_at(output, at);
        return;
    }
    output.split(kernel.dims[0], outer, inner, knobs.vector).vectorize(inner);
    std::vector<Var> loops = {outer};
    loops.insert(loops.end(), kernel.dims.begin() + 1, kernel.dims.end());
    const Var at =
        launch(output, loops, product(extents) / knobs.vector, knobs.threads, block, thread);
    for (Func window : kernel.windows) {
        const Var c = window.args().front();
        window.compute_at(output, at).bound_extent(c, knobs.vector).vectorize(c);
        window.update().reorder(c, window.rvars()[0], window.rvars()[1]).vectorize(c);
    }
}

void schedule(DecodeWeights &kernel, const DecodeWeightsKnobs &knobs) {
    const DecodeWeightsSpec &spec = kernel.spec;
    Var block("block"), thread("thread");
    Func output = kernel.output;
    output.compute_root();
    // Blocks that reach into the next one are written one after another.
    launch(output,
           std::vector<Var>{kernel.place, kernel.lane, kernel.run, kernel.part, kernel.block},
           int64_t(spec.parts()) * spec.part_bytes() * spec.blocks, knobs.threads, block, thread);
}

std::vector<Conv2dKnobs> candidates(Conv2dSpec &spec, const Capabilities &chip) {
    spec.group = std::max(1, chip.dot_lanes);
    spec.lanes = divisor(spec.epilogue.channels, 4);
    std::vector<Conv2dKnobs> result;
    for (const int tile_x : {4, 2, 1})
        for (const int tile_c : {2, 1})
            if (spec.out_w % tile_x == 0 && spec.epilogue.channels % (spec.lanes * tile_c) == 0)
                result.push_back({tile_c, tile_x, 128});
    return result;
}

std::vector<DepthwiseKnobs> candidates(DepthwiseConv2dSpec &spec, const Capabilities & /*chip*/) {
    spec.group = 1;
    return {{divisor(spec.epilogue.channels, 4), 128}};
}

PointwiseKnobs choose(const PointwiseShape &shape, const Capabilities & /*chip*/) {
    return {divisor(shape.extents.front(), 4), 256};
}

DecodeWeightsKnobs choose(DecodeWeightsSpec &spec, const Capabilities & /*chip*/) {
    cut_into_parts(spec, 64, 64);
    return {256};
}

} // namespace octet::schedules::gpu
