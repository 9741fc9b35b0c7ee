#include "generators/quantize.h"

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

namespace {

/// x rounded to an integer, ties away from zero. The fraction x - trunc(x) is exact.
Expr round_half_away(const Expr &x) {
    const Expr whole = trunc(x), fraction = strict_float(x - whole);
    return whole + select(fraction >= 0.5f, 1.0f, fraction <= -0.5f, -1.0f, 0.0f);
}

} // namespace

Pointwise quantize(const QuantizeSpec &spec) {
    Pointwise kernel;
    kernel.dims = pointwise_dims(spec.extents.size());
    kernel.shape = {spec.extents, 32};
    Signature &signature = kernel.signature;
    ImageParam input = signature.input("input", Float(32), spec.extents, spec.in_strides);
    ImageParam scale = signature.input("scale", Float(32), {1});
    ImageParam range = signature.input("range", Int(32), {3});
    const std::vector<Expr> at(kernel.dims.begin(), kernel.dims.end());
    const Expr zero_point = range(0), lo = f32(range(1) - range(0)), hi = f32(range(2) - range(0));
    const Expr steps = strict_float(input(at) / scale(0));
    const Expr rounded = spec.half_even ? round(steps) : round_half_away(steps);
    // In this form a NaN fails the comparison and becomes the lowest value.
    const Expr clamped = strict_float(select(rounded > lo, min(rounded, hi), lo));
    kernel.output(kernel.dims) = cast(type_from_name(spec.type), i32(clamped) + zero_point);
    bound_output(kernel.output, spec.extents, spec.out_strides);
    signature.outputs = {kernel.output};
    return kernel;
}

Pointwise dequantize(const QuantizeSpec &spec) {
    Pointwise kernel;
    kernel.dims = pointwise_dims(spec.extents.size());
    kernel.shape = {spec.extents, 32};
    Signature &signature = kernel.signature;
    ImageParam input =
        signature.input("input", type_from_name(spec.type), spec.extents, spec.in_strides);
    ImageParam scale = signature.input("scale", Float(32), {1});
    ImageParam range = signature.input("range", Int(32), {3});
    const std::vector<Expr> at(kernel.dims.begin(), kernel.dims.end());
    kernel.output(kernel.dims) = strict_float(scale(0) * f32(i32(input(at)) - range(0)));
    bound_output(kernel.output, spec.extents, spec.out_strides);
    signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
