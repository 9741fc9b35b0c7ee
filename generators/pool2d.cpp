#include "generators/pool2d.h"

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

bool Pool2dSpec::clipped() const {
    return pad_top > 0 || pad_left > 0 || (out_h - 1) * stride_h + kernel_h - pad_top > in_h ||
           (out_w - 1) * stride_w + kernel_w - pad_left > in_w;
}

Pointwise pool2d(const Pool2dSpec &spec) {
    Pointwise kernel;
    kernel.dims = pointwise_dims(4);
    const Var &c = kernel.dims[0], &x = kernel.dims[1], &y = kernel.dims[2], &n = kernel.dims[3];
    const std::vector<int> extents = {spec.channels, spec.out_w, spec.out_h, spec.batch};
    kernel.shape = {extents, spec.kind == PoolKind::max ? 8 : 32};
    ImageParam input =
        kernel.signature.input("input", type_from_name(spec.in_type),
                               {spec.channels, spec.in_w, spec.in_h, spec.batch}, spec.in_strides);

    RDom r(0, spec.kernel_w, 0, spec.kernel_h, "r");
    const Expr column = x * spec.stride_w + r.x - spec.pad_left;
    const Expr row = y * spec.stride_h + r.y - spec.pad_top;
    if (spec.clipped()) { // Loops over a window end where the input does.
        r.where(column >= 0 && column < spec.in_w);
        r.where(row >= 0 && row < spec.in_h);
    } else if (spec.kernel_w <= 8) {
        kernel.shape.window = spec.kernel_w;
    }
    // Bounds inference does not look at the conditions.
    const Expr value = input(c, unsafe_promise_clamped(column, 0, spec.in_w - 1),
                             unsafe_promise_clamped(row, 0, spec.in_h - 1), n);
    Func window("window");
    if (spec.kind == PoolKind::max) {
        ImageParam range = kernel.signature.input("range", Int(32), {2});
        const Type out = type_from_name(spec.out_type);
        // Re-biasing keeps the order of values.
        const Expr stored = spec.in_type == spec.out_type
                                ? value
                                : reinterpret(out, reinterpret<uint8_t>(value) ^ u8(0x80));
        window(c, x, y, n) = cast(out, range(0));
        window(c, x, y, n) = max(window(c, x, y, n), stored);
        kernel.output(kernel.dims) = min(window(c, x, y, n), cast(out, range(1)));
    } else {
        const int positions = spec.epilogue.channels;
        const Expr position = positions == 1 ? Expr(0) : Expr(y * spec.out_w + x);
        ImageParam bias = kernel.signature.input("bias", Int(32), {positions});
        Epilogue epilogue(spec.epilogue, kernel.signature);
        if (spec.narrow_sums) {
            window(c, x, y, n) = i16(0);
            window(c, x, y, n) += i16(value);
            kernel.output(kernel.dims) =
                epilogue(i32(window(c, x, y, n)) + bias(position), position);
        } else {
            window(c, x, y, n) = bias(position);
            window(c, x, y, n) += i32(value);
            kernel.output(kernel.dims) = epilogue(window(c, x, y, n), position);
        }
    }
    kernel.windows = {window};
    bound_output(kernel.output, extents, spec.out_strides);
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
