#include "generators/copy.h"

#include <bit>

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

std::vector<Var> pointwise_dims(size_t count) {
    static const std::vector<std::string> names = {"c", "x", "y", "n"};
    std::vector<Var> dims;
    for (size_t i = 0; i < count; ++i)
        dims.emplace_back(i < names.size() ? names[i] : std::string("d").append(std::to_string(i)));
    return dims;
}

Pointwise copy(const CopySpec &spec) {
    Pointwise kernel;
    const Type type = type_from_name(spec.type);
    kernel.dims = pointwise_dims(spec.extents.size());
    kernel.shape = {.extents = spec.extents, .element_bits = type.bits(), .moves = true};
    ImageParam input = kernel.signature.input("input", type, spec.in_extents, spec.in_strides);

    Func source("source");
    if (spec.padded) {
        ImageParam pad_value = kernel.signature.input("pad_value", type, {1});
        Region bounds;
        for (int extent : spec.in_extents)
            bounds.emplace_back(0, extent);
        source = BoundaryConditions::constant_exterior(input, pad_value(0), bounds);
    } else {
        std::vector<Expr> at(kernel.dims.begin(), kernel.dims.end());
        source(kernel.dims) = input(at);
    }
    std::vector<Expr> at;
    for (size_t i = 0; i < kernel.dims.size(); ++i)
        at.push_back(kernel.dims[i] * (spec.steps.empty() ? 1 : spec.steps[i]) - spec.before[i]);
    const Expr value = source(at);
    kernel.output(kernel.dims) = spec.rebias ? cast(type, cast(UInt(8), value) ^ u8(0x80)) : value;
    bound_output(kernel.output, spec.extents, spec.out_strides);
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

Pointwise depth_to_space(const DepthToSpaceSpec &spec) {
    Pointwise kernel;
    kernel.dims = pointwise_dims(4);
    const Var &c = kernel.dims[0], &x = kernel.dims[1], &y = kernel.dims[2], &n = kernel.dims[3];
    const std::vector<int> extents = {spec.channels, spec.out_w, spec.out_h, spec.batch};
    kernel.shape = {.extents = extents, .element_bits = 8, .moves = true};
    const auto places = [](int extent, int stride) { return (extent + stride - 1) / stride; };
    const int in_w = places(spec.out_w, spec.stride_w), in_h = places(spec.out_h, spec.stride_h);
    const auto strides = [](int pixel, int width, int height) {
        return std::vector<int>{1, pixel, pixel * width, pixel * width * height};
    };
    const int depth = spec.channels * spec.stride_w * spec.stride_h;
    ImageParam input = kernel.signature.input("input", UInt(8), {depth, in_w, in_h, spec.batch},
                                              strides(spec.in_stride_c, in_w, in_h));
    const Expr phase = y % spec.stride_h * spec.stride_w + x % spec.stride_w;
    const Expr channel = unsafe_promise_clamped(phase * spec.channels + c, 0, depth - 1);
    const Expr value = input(channel, x / spec.stride_w, y / spec.stride_h, n);
    kernel.output(kernel.dims) = spec.rebias ? value ^ u8(0x80) : value;
    bound_output(kernel.output, extents, strides(spec.out_stride_c, spec.out_w, spec.out_h));
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

Pointwise concatenation(const ConcatenationSpec &spec) {
    Pointwise kernel;
    const Type type = type_from_name(spec.type);
    kernel.dims = pointwise_dims(spec.extents.size());
    kernel.shape = {.extents = spec.extents, .element_bits = type.bits(), .moves = true};
    // Parts are stored under a predicate, and Halide fails to cut a predicated vector of 9 words
    // into one of 8 and one of 1.
    if (type.bits() > 8)
        kernel.shape.extents[0] = int(std::bit_floor(unsigned(spec.extents[0])));
    kernel.output(kernel.dims) = undef(type);
    int before = 0;
    for (size_t i = 0; i < spec.sizes.size(); ++i) {
        std::vector<int> extents = spec.extents;
        extents[size_t(spec.axis)] = spec.sizes[i];
        ImageParam input =
            kernel.signature.input("input" + std::to_string(i), type, extents, spec.in_strides[i]);
        Region region;
        for (int extent : extents)
            region.emplace_back(0, extent);
        const RDom part(region, "part" + std::to_string(i));
        std::vector<Expr> from, to;
        for (int d = 0; d < part.dimensions(); ++d) {
            from.push_back(part[d]);
            to.push_back(d == spec.axis ? part[d] + before : Expr(part[d]));
        }
        kernel.output(to) = input(from);
        kernel.parts.push_back(part);
        before += spec.sizes[i];
    }
    bound_output(kernel.output, spec.extents, spec.out_strides);
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
