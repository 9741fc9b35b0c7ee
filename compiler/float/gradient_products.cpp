#include "compiler/float/gradient_products.h"

#include "compiler/float/pipeline.h"

#include <algorithm>
#include <string>

namespace octet::floats {

namespace {

using namespace Halide;

Callable build_products(ProductKind kind, int vectors) {
    const int lanes = machine().lanes, block = vectors * lanes, tile = pixels_per_tile(vectors);
    ImageParam in(Float(32), 1, "in"), offsets(Int(32), 1, "offsets"), places(Int(32), 1, "places");
    ImageParam factors(Float(32), 2, "factors");

    // Channels and rows in blocks and tiles of constant extents, as in sums.cpp; rows behind the
    // last one repeat it and are not stored.
    Var ci("ci"), ti("ti"), cb("cb"), kb("kb"), c("c"), k("k");
    Func sum("sum"), out("out");
    RDom p(0, offsets.dim(0).extent());
    const Expr row = min(kb * tile + ti, places.dim(0).max()), channel = cb * block + ci;
    Expr place = offsets(p) + places(row);
    if (kind == ProductKind::own_channel)
        place += channel;
    sum(ci, ti, cb, kb) = 0.0f;
    sum(ci, ti, cb, kb) +=
        in(unsafe_promise_clamped(place, 0, in.dim(0).max())) * factors(channel, p);
    out(c, k) = sum(c % block, k % tile, c / block, k / tile);

    for (ImageParam *parameter : {&in, &offsets, &places, &factors})
        parameter->dim(0).set_min(0);
    factors.dim(1).set_min(0);
    out.output_buffer().dim(0).set_min(0);
    out.output_buffer().dim(1).set_min(0);

    Var cv("cv"), cl("cl");
    out.split(c, cb, ci, block, TailStrategy::GuardWithIf)
        .split(k, kb, ti, tile, TailStrategy::GuardWithIf)
        .split(ci, cv, cl, lanes)
        .reorder(cl, cv, ti, cb, kb)
        .vectorize(cl)
        .unroll(cv)
        .unroll(ti)
        .never_partition_all();
    sum.compute_at(out, cb).bound(ci, 0, block).bound(ti, 0, tile);
    sum.vectorize(ci, lanes).unroll(ci).unroll(ti).never_partition_all();
    sum.update()
        .reorder(ci, ti, p)
        .vectorize(ci, lanes)
        .unroll(ci)
        .unroll(ti)
        .never_partition_all();
    return out.compile_to_callable({in, offsets, places, factors}, host());
}

/// Slices of the pixels that threads may sum up at the same time. A constant, so that results do
/// not depend on the number of threads.
constexpr int slices = 8;

} // namespace

Kernel &products_kernel(ProductKind kind, int channels) {
    const int vectors = vectors_per_tile(channels);
    const std::string name = "products" + std::to_string(int(kind)) + "_" + std::to_string(vectors);
    return kernel_named(name, [=] { return build_products(kind, vectors); });
}

int products_slack(int channels) {
    return vectors_per_tile(channels) * machine().lanes;
}

void run_products(ProductKind kind, const ProductsArguments &a) {
    const int pixels = int(a.offsets.size()), rows = int(a.places.size());
    const int block = products_slack(a.channels);
    // The pipelines read only; how far, the offsets say.
    const Runtime::Buffer<const float> in(a.in, 1);
    const Runtime::Buffer<const int32_t> offsets(a.offsets.data(), pixels);
    const Runtime::Buffer<const int32_t> places(a.places.data(), rows);
    const halide_dimension_t factors_shape[] = {{0, (a.channels + block - 1) / block * block, 1},
                                                {0, pixels, int32_t(a.factors_stride)}};
    const Runtime::Buffer<const float> factors(a.factors, 2, factors_shape);
    halide_dimension_t shape[] = {{0, a.channels, 1}, {0, rows, int32_t(a.out_stride)}};
    Runtime::Buffer<float> out(a.out, 2, shape);
    products_kernel(kind, a.channels).get()(in, offsets, places, factors, out);
}

WindowProducts::WindowProducts(ProductKind kind, const Shape &in, const Shape &out,
                               const Window &window, int groups)
    : kind_(kind), parts_(in, out, window), groups_(groups), group_inputs_(in[3] / groups),
      group_channels_(out[3] / groups), out_channels_(out[3]) {
    const std::vector<int32_t> steps = parts_.steps(false);
    const int32_t elements = kind == ProductKind::own_channel ? 1 : group_inputs_;
    for (int32_t step : steps)
        for (int32_t i = 0; i < elements; ++i)
            places_.push_back(step + i);
}

std::vector<float> WindowProducts::run(const float *in, const float *factors, int64_t images,
                                       Workers &workers) const {
    const WindowParts::Cut cut = parts_.cut(images, slices);
    const std::vector<int32_t> offsets = parts_.offsets(cut);
    const int64_t parts = cut.parts(), count = std::min<int64_t>(slices, parts);
    const size_t size = places_.size() * size_t(out_channels_);
    std::vector<float> sums(size_t(count) * size);
    workers.run(count, [&](int64_t slice) {
        std::vector<float> of_part(size);
        float *of_slice = sums.data() + size_t(slice) * size;
        for (int64_t i = slice * parts / count; i < (slice + 1) * parts / count; ++i) {
            const auto part = parts_.stage(cut, i, in, offsets);
            for (int group = 0; group < groups_; ++group) {
                ProductsArguments arguments;
                arguments.in = part.in + group * group_inputs_;
                arguments.offsets = part.offsets;
                arguments.places = places_;
                arguments.factors =
                    factors + part.first_pixel * out_channels_ + group * group_channels_;
                arguments.factors_stride = out_channels_;
                arguments.channels = group_channels_;
                arguments.out =
                    of_part.data() + size_t(group) * places_.size() * size_t(group_channels_);
                arguments.out_stride = group_channels_;
                run_products(kind_, arguments);
            }
            for (size_t k = 0; k < size; ++k)
                of_slice[k] += of_part[k];
        }
    });
    for (int64_t slice = 1; slice < count; ++slice)
        for (size_t i = 0; i < size; ++i)
            sums[i] += sums[size_t(slice) * size + i];
    sums.resize(size);
    return sums;
}

} // namespace octet::floats
