#include "compiler/float/windows.h"

#include "compiler/float/pipeline.h"

#include <limits>
#include <string>

namespace octet::floats {

namespace {

using namespace Halide;

Callable build_windows(WindowFold fold, int vectors) {
    const int lanes = machine().lanes, block = vectors * lanes, tile = pixels_per_tile(vectors);
    ImageParam in(Float(32), 1, "in"), offsets(Int(32), 1, "offsets"), steps(Int(32), 1, "steps");
    const bool depthwise = fold == WindowFold::depthwise;
    ImageParam factors(Float(32), depthwise ? 2 : 1, "factors"), bias(Float(32), 1, "bias");
    Param<float> lowest("lowest"), highest("highest");

    // Channels and pixels in blocks and tiles of constant extents, as in sums.cpp.
    Var ci("ci"), ti("ti"), cb("cb"), pb("pb"), c("c"), p("p");
    Func folded("folded"), out("out");
    RDom r(0, steps.dim(0).extent());
    const Expr pixel = min(pb * tile + ti, offsets.dim(0).max());
    const Expr place = unsafe_promise_clamped(offsets(pixel) + steps(r), 0, in.dim(0).max());
    const Expr channel = cb * block + ci, value = in(place + channel);
    if (depthwise)
        folded(ci, ti, cb, pb) = bias(channel);
    else if (fold == WindowFold::average)
        folded(ci, ti, cb, pb) = 0.0f;
    else
        folded(ci, ti, cb, pb) = std::numeric_limits<float>::lowest();
    if (depthwise)
        folded(ci, ti, cb, pb) += value * factors(channel, r);
    else if (fold == WindowFold::average)
        folded(ci, ti, cb, pb) += value;
    else
        folded(ci, ti, cb, pb) = max(folded(ci, ti, cb, pb), value);
    Expr result = folded(c % block, p % tile, c / block, p / tile);
    if (fold == WindowFold::average)
        result = result / factors(p);
    out(c, p) = clamp(result, lowest, highest);

    for (ImageParam *parameter : {&in, &offsets, &steps, &factors, &bias})
        parameter->dim(0).set_min(0);
    if (depthwise)
        factors.dim(1).set_min(0);
    out.output_buffer().dim(0).set_min(0);
    out.output_buffer().dim(1).set_min(0);

    Var cv("cv"), cl("cl");
    out.split(c, cb, ci, block, TailStrategy::GuardWithIf)
        .split(p, pb, ti, tile, TailStrategy::GuardWithIf)
        .split(ci, cv, cl, lanes)
        .reorder(cl, cv, ti, cb, pb)
        .vectorize(cl)
        .unroll(cv)
        .unroll(ti)
        .never_partition_all();
    folded.compute_at(out, cb).bound(ci, 0, block).bound(ti, 0, tile);
    folded.vectorize(ci, lanes).unroll(ci).unroll(ti).never_partition_all();
    folded.update()
        .reorder(ci, ti, r)
        .vectorize(ci, lanes)
        .unroll(ci)
        .unroll(ti)
        .never_partition_all();
    return out.compile_to_callable({in, offsets, steps, factors, bias, lowest, highest}, host());
}

} // namespace

int windows_block(int channels) {
    return vectors_per_tile(channels) * machine().lanes;
}

Kernel &windows_kernel(WindowFold fold, int channels) {
    const int vectors = vectors_per_tile(channels);
    const std::string name = "windows" + std::to_string(int(fold)) + "_" + std::to_string(vectors);
    return kernel_named(name, [=] { return build_windows(fold, vectors); });
}

void run_windows(WindowFold fold, const WindowsArguments &a) {
    const int places = int(a.steps.size()), pixels = int(a.offsets.size());
    const int block = windows_block(a.channels);
    const int padded = (a.channels + block - 1) / block * block;
    const bool depthwise = fold == WindowFold::depthwise;
    // The pipelines read only; how far, the offsets say.
    const Runtime::Buffer<const float> in(a.in, 1), bias(a.bias, padded);
    const Runtime::Buffer<const int32_t> offsets(a.offsets.data(), pixels);
    const Runtime::Buffer<const int32_t> steps(a.steps.data(), places);
    const Runtime::Buffer<const float> factors =
        depthwise ? Runtime::Buffer<const float>(a.factors, padded, places)
                  : Runtime::Buffer<const float>(a.factors, pixels);
    Runtime::Buffer<float> out(a.out, a.channels, pixels);
    windows_kernel(fold, a.channels)
        .get()(in, offsets, steps, factors, bias, a.lowest, a.highest, out);
}

} // namespace octet::floats
