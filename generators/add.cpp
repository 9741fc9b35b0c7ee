#include "generators/add.h"

#include "generators/numerics.h"

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

Pointwise add(const AddSpec &spec) {
    Pointwise kernel;
    kernel.dims = pointwise_dims(spec.extents.size());
    kernel.shape = {spec.extents, 32};
    const Type out = type_from_name(spec.out_type);
    ImageParam a =
        kernel.signature.input("a", type_from_name(spec.a_type), spec.a_extents, spec.a_strides);
    ImageParam b =
        kernel.signature.input("b", type_from_name(spec.b_type), spec.b_extents, spec.b_strides);
    std::vector<Expr> a_at, b_at;
    for (size_t i = 0; i < kernel.dims.size(); ++i) {
        a_at.push_back(spec.a_extents[i] == 1 ? Expr(0) : Expr(kernel.dims[i]));
        b_at.push_back(spec.b_extents[i] == 1 ? Expr(0) : Expr(kernel.dims[i]));
    }
    if (spec.form == AddForm::table) {
        ImageParam table = kernel.signature.input("table", UInt(8), {65536}, {}, 64);
        const Expr index = i32(u8(a(a_at))) * 256 + i32(u8(b(b_at)));
        kernel.output(kernel.dims) = cast(out, table(index));
    } else {
        const bool fine = spec.form == AddForm::fine;
        ImageParam parameters = kernel.signature.input("parameters", Int(32), {fine ? 9 : 6});
        const Expr left = i32(a(a_at)), right = i32(b(b_at));
        // Each product is added as it is formed, offset first.
        const auto combine = [&](int ma, int mb, int offset) {
            return right * parameters(mb) + (left * parameters(ma) + parameters(offset));
        };
        Expr sum = combine(0, 1, 2);
        if (fine)
            sum += combine(6, 7, 8) >> 8;
        if (spec.fixed) {
            kernel.output(kernel.dims) = saturate(out, sum >> spec.shift, spec.lo, spec.hi);
        } else {
            const Expr q = sum >> cast<uint32_t>(parameters(3));
            kernel.output(kernel.dims) = cast(out, clamp(q, parameters(4), parameters(5)));
        }
        kernel.invariants = {parameters.in()};
    }
    bound_output(kernel.output, spec.extents, spec.out_strides);
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
