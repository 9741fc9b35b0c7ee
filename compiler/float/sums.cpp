#include "compiler/float/sums.h"

#include "compiler/float/pipeline.h"

#include <string>

namespace octet::floats {

namespace {

using namespace Halide;

Callable build_sums(int vectors) {
    const int lanes = machine().lanes, block = vectors * lanes, tile = pixels_per_tile(vectors);
    ImageParam in(Float(32), 1, "in"), offsets(Int(32), 1, "offsets"), steps(Int(32), 1, "steps");
    ImageParam weights(Float(32), 3, "weights"), bias(Float(32), 1, "bias");
    Param<int> length("length");
    Param<float> lowest("lowest"), highest("highest");

    // The sum of channel co = cb * block + ci and pixel p = pb * tile + ti is written by the four,
    // so that a tile has constant extents at the edges of the output, too: there it computes more
    // than is stored, on the last pixel's input and on weights of zero.
    Var ci("ci"), ti("ti"), cb("cb"), pb("pb"), co("co"), p("p");
    Func sum("sum"), out("out");
    RDom r(0, length, 0, steps.dim(0).extent());
    const Expr pixel = min(pb * tile + ti, offsets.dim(0).max());
    const Expr place = offsets(pixel) + steps(r.y) + r.x;
    sum(ci, ti, cb, pb) = bias(cb * block + ci);
    sum(ci, ti, cb, pb) +=
        in(unsafe_promise_clamped(place, 0, in.dim(0).max())) * weights(ci, r.y * length + r.x, cb);
    out(co, p) = clamp(sum(co % block, p % tile, co / block, p / tile), lowest, highest);

    in.dim(0).set_min(0);
    offsets.dim(0).set_min(0);
    steps.dim(0).set_min(0);
    bias.dim(0).set_min(0);
    weights.dim(0).set_bounds(0, block);
    weights.dim(1).set_min(0).set_stride(block);
    weights.dim(2).set_min(0);
    out.output_buffer().dim(0).set_min(0);
    out.output_buffer().dim(1).set_min(0);

    Var cv("cv"), cl("cl");
    out.split(co, cb, ci, block, TailStrategy::GuardWithIf)
        .split(p, pb, ti, tile, TailStrategy::GuardWithIf)
        .split(ci, cv, cl, lanes)
        .reorder(cl, cv, ti, pb, cb) // A block's weights stay in the cache for all pixels.
        .vectorize(cl)
        .unroll(cv)
        .unroll(ti)
        .never_partition_all();
    sum.compute_at(out, pb).bound(ci, 0, block).bound(ti, 0, tile);
    sum.vectorize(ci, lanes).unroll(ci).unroll(ti).never_partition_all();
    sum.update()
        .reorder(ci, ti, r.x, r.y)
        .vectorize(ci, lanes)
        .unroll(ci)
        .unroll(ti)
        .never_partition_all();
    return out.compile_to_callable({in, offsets, steps, weights, bias, length, lowest, highest},
                                   host());
}

} // namespace

int sums_block(int channels) {
    return vectors_per_tile(channels) * machine().lanes;
}

Kernel &sums_kernel(int block) {
    const int vectors = block / machine().lanes;
    return kernel_named("sums" + std::to_string(vectors), [=] { return build_sums(vectors); });
}

void run_sums(const SumsArguments &a) {
    const int rows = int(a.steps.size()), pixels = int(a.offsets.size());
    const int blocks = (a.channels + a.block - 1) / a.block;
    // The pipelines read only; how far, the offsets say.
    const Runtime::Buffer<const float> in(a.in, 1);
    const Runtime::Buffer<const int32_t> offsets(a.offsets.data(), pixels);
    const Runtime::Buffer<const int32_t> steps(a.steps.data(), rows);
    const Runtime::Buffer<const float> weights(a.weights, a.block, a.length * rows, blocks);
    const Runtime::Buffer<const float> bias(a.bias, blocks * a.block);
    halide_dimension_t shape[] = {{0, a.channels, 1}, {0, pixels, int32_t(a.out_stride)}};
    Runtime::Buffer<float> out(a.out, 2, shape);
    sums_kernel(a.block).get()(in, offsets, steps, weights, bias, a.length, a.lowest, a.highest,
                               out);
}

} // namespace octet::floats
