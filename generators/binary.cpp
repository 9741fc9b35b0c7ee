#include "generators/binary.h"

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

Pointwise binary(const BinarySpec &spec) {
    Pointwise kernel;
    const bool compares = spec.form == BinaryForm::minimum || spec.form == BinaryForm::maximum;
    kernel.dims = pointwise_dims(spec.extents.size());
    kernel.shape = {spec.extents, compares ? 8 : 32};
    ImageParam a =
        kernel.signature.input("a", type_from_name(spec.a_type), spec.a_extents, spec.a_strides);
    ImageParam b =
        kernel.signature.input("b", type_from_name(spec.b_type), spec.b_extents, spec.b_strides);
    std::vector<Expr> a_at, b_at;
    for (size_t i = 0; i < kernel.dims.size(); ++i) {
        a_at.push_back(spec.a_extents[i] == 1 ? Expr(0) : Expr(kernel.dims[i]));
        b_at.push_back(spec.b_extents[i] == 1 ? Expr(0) : Expr(kernel.dims[i]));
    }
    if (compares) {
        kernel.output(kernel.dims) =
            spec.form == BinaryForm::minimum ? min(a(a_at), b(b_at)) : max(a(a_at), b(b_at));
    } else {
        ImageParam zero_points = kernel.signature.input("zero_points", Int(32), {2});
        Epilogue epilogue(spec.epilogue, kernel.signature);
        const Expr x = i32(a(a_at)) - zero_points(0);
        const Expr product = x * (i32(b(b_at)) - zero_points(1));
        if (spec.form == BinaryForm::slope)
            // One epilogue with chosen constants: of a choice between two, Halide would move the
            // last addition behind the choice, and it would no longer be fused with the
            // multiplication.
            kernel.output(kernel.dims) =
                epilogue(select(x < 0, product, x), select(x < 0, Expr(1), Expr(0)));
        else
            kernel.output(kernel.dims) = epilogue(product, Expr(0));
    }
    bound_output(kernel.output, spec.extents, spec.out_strides);
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
