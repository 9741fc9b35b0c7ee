// Lowering of resizing: tables of the rows and columns that each output takes.
#include "compiler/reference/resize.h"

#include "compiler/lower/lower.h"
#include "generators/resize.h"

namespace octet::lower {

using generators::ResizeSpec;

namespace {

/// What outputs along an axis take, `out` of them from `in`, in the kernel's order.
std::vector<int32_t> places(const Operator &op, int in, int out) {
    const auto &attributes = op.as<ResizeAttributes>();
    std::vector<int32_t> result;
    for (int i = 0; i < out; ++i) {
        if (op.kind == OpKind::resize_nearest) {
            result.push_back(reference::nearest_place(attributes, i, in, out));
            continue;
        }
        const auto [first, second, share] = reference::interpolation(attributes, i, in, out);
        result.insert(result.end(), {first, second, share});
    }
    return result;
}

void lower_resize(Builder &builder, const Operator &op) {
    // Of 8 bits in one form on both sides, bytes of any meaning where they only move.
    const int from = builder.working(op.inputs[0]), to = builder.create_working(op.outputs[0]);
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    const auto strides = [](const StoredTensor &tensor) {
        const int row = tensor.stride_c * tensor.shape[2];
        return std::vector<int>{1, tensor.stride_c, row, row * tensor.shape[1]};
    };
    ResizeSpec spec;
    spec.bilinear = op.kind == OpKind::resize_bilinear;
    spec.type = spec.bilinear || size_of(in.dtype) != 1 ? Builder::type_name(in) : "u8";
    spec.half_even = spec.bilinear && op.rounding == Rounding::float32;
    spec.rebiased = spec.bilinear && in.rebiased;
    spec.channels = std::min(in.stride_c, out.stride_c);
    spec.in_w = in.shape[2];
    spec.in_h = in.shape[1];
    spec.out_w = out.shape[2];
    spec.out_h = out.shape[1];
    spec.batch = in.shape[0];
    spec.in_strides = strides(in);
    spec.out_strides = strides(out);
    builder.set_values(to, in.value_lo, in.value_hi);
    const generators::Pointwise kernel = generators::resize(spec);
    builder.call(op,
                 {.generator = "resize",
                  .types = (spec.bilinear ? "bilinear_" : "nearest_") + spec.type,
                  .spec = spec,
                  .knobs = builder.choose(kernel.shape),
                  .signature = &kernel.signature,
                  .arguments = {{"input", builder.argument(from)},
                                {"columns", builder.constant(places(op, spec.in_w, spec.out_w))},
                                {"rows", builder.constant(places(op, spec.in_h, spec.out_h))},
                                {"output", builder.argument(to)}},
                  .inputs = {from},
                  .outputs = {to}});
}

} // namespace

void resize_bilinear(Builder &builder, const Operator &op) {
    lower_resize(builder, op);
}
void resize_nearest(Builder &builder, const Operator &op) {
    lower_resize(builder, op);
}

} // namespace octet::lower
