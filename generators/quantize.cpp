#include "generators/quantize.h"

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

namespace {

/// x rounded to an integer, ties away from zero, for |x| < 2^22. The largest float below 1/2 does
/// what 1/2 would, but for x just below a half, which 1/2 would carry over by the addition's own
/// rounding.
Expr round_half_away(const Expr &x) {
    const float below_half = 0x1.fffffep-2f;
    const Expr sign = reinterpret<int32_t>(x) & Int(32).min();
    const Expr offset = reinterpret<float>(sign | reinterpret<int32_t>(Expr(below_half)));
    return i32(trunc(strict_float(x + offset)));
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
    // In this form a NaN fails the comparison and becomes the lowest value.
    const Expr clamped = strict_float(select(steps > lo, min(steps, hi), lo));
    const Expr rounded = spec.half_even ? i32(round(clamped)) : round_half_away(clamped);
    kernel.output(kernel.dims) = cast(type_from_name(spec.type), rounded + zero_point);
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
