// Lowering of mul and prelu: an epilogue on the product of the centered operands. PRELU has another
// one on the first operand alone, for the values that are not negative.
#include "compiler/reference/mul.h"

#include "compiler/lower/accumulation.h"
#include "compiler/lower/lower.h"
#include "compiler/lower/operands.h"
#include "compiler/reference/leaky_relu.h"
#include "generators/binary.h"

#include <algorithm>

namespace octet::lower {

using generators::BinaryForm;
using generators::BinarySpec;

namespace {

/// The least and the greatest value of an operand, centered.
std::pair<int64_t, int64_t> centered_range(const Builder &builder, int stored) {
    const StoredTensor &tensor = builder.stored_tensor(stored);
    const int64_t zero_point = builder.zero_point(stored);
    return {tensor.value_lo - zero_point, tensor.value_hi - zero_point};
}

EpilogueChannel channel_of(const Operator &op, const reference::Requantizer &requantize,
                           int64_t acc_min, int64_t acc_max) {
    require_shift(op, requantize, acc_min, acc_max);
    return {[requantize](int32_t acc) { return requantize(acc); }, requantize.real(), acc_min,
            acc_max};
}

/// The epilogue of products of a in [a_min, a_max] with any b.
EpilogueChannel products(const Builder &builder, const Operator &op, int b, int64_t a_min,
                         int64_t a_max, const reference::Requantizer &requantize) {
    const auto [b_min, b_max] = centered_range(builder, b);
    const auto [least, greatest] =
        std::minmax({a_min * b_min, a_min * b_max, a_max * b_min, a_max * b_max});
    return channel_of(op, requantize, least, greatest);
}

/// Appends the kernel of that form; its epilogue has the given channels.
void append_products(Builder &builder, const Operator &op, BinaryForm form, Activation activation,
                     int a, int b, std::vector<EpilogueChannel> channels) {
    const int output = builder.create(op.outputs[0]);
    const StoredTensor &stored_a = builder.stored_tensor(a), &stored_b = builder.stored_tensor(b);
    const StoredTensor &out = builder.stored_tensor(output);
    BinarySpec spec;
    spec.form = form;
    spec.a_type = Builder::type_name(stored_a);
    spec.b_type = Builder::type_name(stored_b);
    spec.out_type = Builder::type_name(out);
    set_dimensions(spec, stored_a, stored_b, out);
    spec.epilogue.out_type = spec.out_type;
    spec.epilogue.channels = int(channels.size());
    const std::vector<int32_t> zero_points = {builder.zero_point(a), builder.zero_point(b)};
    NamedArguments arguments = {{"a", builder.argument(a)},
                                {"b", builder.argument(b)},
                                {"zero_points", builder.constant(zero_points)},
                                {"output", builder.argument(output)}};
    const OutputRange range = output_range(builder, output, activation);
    lower_epilogue(builder, op, {{}, std::move(channels)}, range, 1, spec.epilogue, arguments);
    builder.set_values(output, range.lo, range.hi);
    const generators::Pointwise kernel = generators::binary(spec);
    builder.call(op, {.generator = "binary",
                      .types = spec.out_type + "_" + spec.a_type + "_" + spec.b_type,
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = arguments,
                      .inputs = {a, b},
                      .outputs = {output},
                      .in_place = true});
}

} // namespace

void mul(Builder &builder, const Operator &op) {
    const reference::MulParameters parameters = reference::mul_parameters(builder.graph(), op);
    const int a = builder.readable(op.inputs[0]), b = builder.readable(op.inputs[1]);
    const auto [a_min, a_max] = centered_range(builder, a);
    append_products(builder, op, BinaryForm::product, op.as<MulAttributes>().activation, a, b,
                    {products(builder, op, b, a_min, a_max, parameters.requantize)});
}

void prelu(Builder &builder, const Operator &op) {
    const reference::LeakyReluParameters parameters =
        reference::leaky_relu_parameters(builder.graph(), op);
    const int a = builder.readable(op.inputs[0]), b = builder.readable(op.inputs[1]);
    const auto [a_min, a_max] = centered_range(builder, a);
    const int64_t least = std::min<int64_t>(a_min, 0), greatest = std::max<int64_t>(a_max, 0);
    append_products(builder, op, BinaryForm::slope, Activation::none, a, b,
                    {channel_of(op, parameters.positive, 0, greatest),
                     products(builder, op, b, least, 0, parameters.negative)});
}

} // namespace octet::lower
