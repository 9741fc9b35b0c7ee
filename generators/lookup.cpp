#include "generators/lookup.h"

namespace octet::generators {

using namespace Halide;

Pointwise lookup(const LookupSpec &spec) {
    Pointwise kernel;
    kernel.dims = pointwise_dims(spec.extents.size());
    kernel.shape = {spec.extents, 8};
    ImageParam input = kernel.signature.input("input", UInt(8), spec.extents, spec.in_strides);
    ImageParam table = kernel.signature.input("table", UInt(8), {256});
    const std::vector<Expr> at(kernel.dims.begin(), kernel.dims.end());
    kernel.output(kernel.dims) = table(cast<int32_t>(input(at)));
    bound_output(kernel.output, spec.extents, spec.out_strides);
    kernel.signature.outputs = {kernel.output};
    return kernel;
}

} // namespace octet::generators
