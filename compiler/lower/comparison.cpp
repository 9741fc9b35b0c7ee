// Lowering of minimum and maximum: of the stored bytes, which all have one quantization and bias.
#include "compiler/lower/lower.h"
#include "compiler/lower/operands.h"
#include "generators/binary.h"

#include <algorithm>

namespace octet::lower {

using generators::BinaryForm;
using generators::BinarySpec;

namespace {

void append_comparison(Builder &builder, const Operator &op, BinaryForm form) {
    const int a = builder.working(op.inputs[0]), b = builder.working(op.inputs[1]);
    const int output = builder.create_working(op.outputs[0]);
    const StoredTensor &stored_a = builder.stored_tensor(a), &stored_b = builder.stored_tensor(b);
    const StoredTensor &out = builder.stored_tensor(output);
    BinarySpec spec;
    spec.form = form;
    spec.a_type = spec.b_type = spec.out_type = Builder::type_name(out);
    set_dimensions(spec, stored_a, stored_b, out);
    const generators::Pointwise kernel = generators::binary(spec);
    builder.call(op, {.generator = "binary",
                      .types = spec.out_type + "_" + spec.a_type + "_" + spec.b_type,
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = {{"a", builder.argument(a)},
                                    {"b", builder.argument(b)},
                                    {"output", builder.argument(output)}},
                      .inputs = {a, b},
                      .outputs = {output},
                      .in_place = true});
}

} // namespace

void minimum(Builder &builder, const Operator &op) {
    append_comparison(builder, op, BinaryForm::minimum);
}
void maximum(Builder &builder, const Operator &op) {
    append_comparison(builder, op, BinaryForm::maximum);
}

} // namespace octet::lower
