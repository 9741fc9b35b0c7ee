#include "generators/resize.h"

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

namespace {

constexpr int unit = 1 << 10;

/// A place that a table names; lowering has made it lie inside.
Expr inside(const Expr &place, int extent) {
    return unsafe_promise_clamped(place, 0, extent - 1);
}

/// sum / 2^20, rounded.
Expr rounded(const Expr &sum, bool half_even) {
    const Expr half = i32(1 << 19);
    if (half_even)
        return (sum + (half - 1) + ((sum >> 20) & 1)) >> 20;
    return (sum + (half - select(sum < 0, 1, 0))) >> 20;
}

} // namespace

Pointwise resize(const ResizeSpec &spec) {
    Pointwise kernel;
    const Type type = type_from_name(spec.type);
    kernel.dims = pointwise_dims(4);
    const Var &c = kernel.dims[0], &x = kernel.dims[1], &y = kernel.dims[2], &n = kernel.dims[3];
    const std::vector<int> extents = {spec.channels, spec.out_w, spec.out_h, spec.batch};
    kernel.shape = {.extents = extents,
                    .element_bits = spec.bilinear ? 32 : type.bits(),
                    .moves = !spec.bilinear};
    ImageParam input = kernel.signature.input(
        "input", type, {spec.channels, spec.in_w, spec.in_h, spec.batch}, spec.in_strides);
    if (spec.bilinear) {
        ImageParam columns = kernel.signature.input("columns", Int(32), {3, spec.out_w});
        ImageParam rows = kernel.signature.input("rows", Int(32), {3, spec.out_h});
        const auto value = [&](int column, int row) {
            return i32(input(c, inside(columns(column, x), spec.in_w),
                             inside(rows(row, y), spec.in_h), n));
        };
        const Expr dx = columns(2, x), dy = rows(2, y);
        const Expr above = value(0, 0) * (unit - dx) + value(1, 0) * dx;
        const Expr below = value(0, 1) * (unit - dx) + value(1, 1) * dx;
        Expr sum = above * (unit - dy) + below * dy;
        if (spec.rebiased)
            sum -= 128 * unit * unit;
        const Expr q = rounded(sum, spec.half_even) + (spec.rebiased ? 128 : 0);
        kernel.output(kernel.dims) = cast(type, q);
    } else {
        ImageParam columns = kernel.signature.input("columns", Int(32), {spec.out_w});
        ImageParam rows = kernel.signature.input("rows", Int(32), {spec.out_h});
        kernel.output(kernel.dims) =
            input(c, inside(columns(x), spec.in_w), inside(rows(y), spec.in_h), n);
    }
    bound_output(kernel.output, extents, spec.out_strides);
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
