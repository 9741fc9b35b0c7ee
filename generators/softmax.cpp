#include "generators/softmax.h"

#include "generators/numerics.h"

#include <limits>

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

namespace {

constexpr int sum_bits = 12; ///< integer bits of the sum of exponentials

Expr shift_left_saturating(const Expr &x, int bits) {
    return saturating_cast(Int(32), i64(x) << bits);
}

/// 1 / (1 + x) in Q(0) for x in [0, 1) in Q(0): three Newton steps, as gemmlowp does them.
Expr one_over_one_plus_x(const Expr &x) {
    const Expr forty_eight_over_17 = 1515870810, minus_thirty_two_over_17 = -1010580540; // Q(2)
    const Expr half_denominator =
        i32((i64(x) + Internal::make_const(Int(64), int64_t{1} << 31)) / 2);
    Expr estimate = forty_eight_over_17 +
                    rounding_doubling_high_mul(half_denominator, minus_thirty_two_over_17);
    for (int step = 0; step < 3; ++step) {
        const Expr error = (1 << 29) - rounding_doubling_high_mul(half_denominator, estimate);
        estimate += shift_left_saturating(rounding_doubling_high_mul(estimate, error), 2);
    }
    return shift_left_saturating(estimate, 1);
}

} // namespace

Pointwise softmax(const SoftmaxSpec &spec) {
    Pointwise kernel;
    kernel.dims = pointwise_dims(2);
    const Var &c = kernel.dims[0], &x = kernel.dims[1];
    kernel.shape = {{spec.depth, spec.rows}, 32};
    const Type out = type_from_name(spec.out_type);
    Signature &signature = kernel.signature;
    ImageParam input = signature.input("input", type_from_name(spec.in_type),
                                       {spec.depth, spec.rows}, {1, spec.in_stride});
    ImageParam exponentials = signature.input("exponentials", Int(32), {256});
    ImageParam summands = signature.input("summands", Int(32), {256});
    ImageParam range = signature.input("range", Int(32), {3});
    const Expr zero_point = range(0), lo = range(1), hi = range(2);

    const RDom r(0, spec.depth, "r");
    Func largest("largest"), sum("sum"), reciprocal("reciprocal"), shift("shift");
    largest(x) = input.type().min();
    largest(x) = max(largest(x), input(r, x));
    const auto distance = [&](const Expr &at) { return i32(largest(x)) - i32(input(at, x)); };
    sum(x) = 0;
    sum(x) += summands(clamp(distance(r), 0, 255));
    const Expr exponential = exponentials(clamp(distance(c), 0, 255));
    kernel.rows = {largest, sum};

    if (spec.float32) {
        ImageParam steps = signature.input("steps", Float(32), {1});
        const Expr quotient = strict_float(f32(exponential) / f32(sum(x)));
        const Expr rounded = round(strict_float(quotient * steps(0)));
        const Expr q = i32(min(rounded, f32(hi - zero_point))) + zero_point;
        kernel.output(kernel.dims) = cast(out, max(q, lo));
    } else {
        // sum = (1 + fraction) 2^(12 - headroom): the fraction is the bits below its highest.
        const Expr headroom = i32(count_leading_zeros(u32(sum(x))));
        const Expr fraction = i32((u32(sum(x)) << u32(headroom)) & 0x7fffffff);
        reciprocal(x) = one_over_one_plus_x(fraction);
        shift(x) = u32(sum_bits - headroom + 31 - 8);
        kernel.rows.push_back(reciprocal);
        kernel.rows.push_back(shift);
        const Expr probability = rounding_doubling_high_mul(reciprocal(x), exponential);
        const Expr q = lo + rounding_divide_by_pot(probability, shift(x));
        kernel.output(kernel.dims) = cast(out, min(q, hi));
    }
    kernel.row = r;
    bound_output(kernel.output, {spec.depth, spec.rows}, {1, spec.out_stride});
    signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
