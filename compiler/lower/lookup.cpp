// Lowering of unary 8-bit operators to look-ups, and of conversions from and to real numbers.
#include "compiler/reference/lookup_table.h"

#include "compiler/lower/copies.h"
#include "compiler/lower/lookup_chain.h"
#include "compiler/lower/lower.h"
#include "compiler/support/error.h"
#include "generators/lookup.h"
#include "generators/quantize.h"

#include <numeric>

namespace octet::lower {

namespace {

/// A stored tensor's whole memory in one dimension when both sides are laid out alike, else rows of
/// channels: (extents, strides of a, strides of b), innermost first.
struct Walk {
    std::vector<int> extents, a_strides, b_strides;
};

Walk common_walk(const StoredTensor &a, const StoredTensor &b) {
    if (a.stride_c == b.stride_c)
        return {{int(a.rows()) * a.stride_c}, {1}, {1}};
    return {{a.channels(), int(a.rows())}, {1, a.stride_c}, {1, b.stride_c}};
}

/// True when `byte` -> table[byte] changes nothing.
bool identity(const std::vector<uint8_t> &table) {
    for (size_t byte = 0; byte < table.size(); ++byte)
        if (table[byte] != byte)
            return false;
    return true;
}

/// The operators' table, one after another, over stored bytes of `from`, giving stored bytes of
/// `to`.
std::vector<uint8_t> stored_table(const Graph &graph, const std::vector<const Operator *> &chain,
                                  const StoredTensor &from, const StoredTensor &to) {
    std::array<uint8_t, 256> table{};
    std::iota(table.begin(), table.end(), uint8_t(0));
    for (const Operator *op : chain) {
        const std::array<uint8_t, 256> next = reference::lookup_table(graph, *op);
        for (uint8_t &byte : table)
            byte = next[byte];
    }
    std::vector<uint8_t> result(256);
    for (int byte = 0; byte < 256; ++byte) {
        const uint8_t plain = uint8_t(byte) ^ (from.rebiased ? 0x80 : 0);
        result[size_t(byte)] = table[plain] ^ (to.rebiased ? 0x80 : 0);
    }
    return result;
}

void lower_lookup(Builder &builder, const Operator &op) {
    lower_lookups(builder, {&op});
}

/// Arguments and call that quantize and dequantize share.
void convert_reals(Builder &builder, const Operator &op, bool to_real) {
    const Graph &graph = builder.graph();
    const int from = builder.stored(op.inputs[0]), to = builder.create_any(op.outputs[0]);
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    const int small = to_real ? from : to;
    const Tensor &quantized = graph.tensor(to_real ? op.inputs[0] : op.outputs[0]);
    const Walk walk = common_walk(in, out);

    generators::QuantizeSpec spec;
    spec.type = Builder::type_name(builder.stored_tensor(small));
    spec.half_even = op.rounding == Rounding::float32;
    spec.extents = walk.extents;
    spec.in_strides = walk.a_strides;
    spec.out_strides = walk.b_strides;
    const generators::Pointwise kernel =
        to_real ? generators::dequantize(spec) : generators::quantize(spec);
    auto [lo, hi] = activation_range(Activation::none, quantized);
    const int32_t bias = builder.stored_tensor(small).rebiased ? 128 : 0;
    const std::vector<int32_t> range = {builder.zero_point(small), lo + bias, hi + bias};
    builder.call(op, {.generator = to_real ? "dequantize" : "quantize",
                      .types = to_real ? "f32_" + spec.type : spec.type + "_f32",
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = {{"input", builder.argument(from)},
                                    {"scale", builder.constant(std::vector<float>{
                                                  quantized.quantization.scale()})},
                                    {"range", builder.constant(range)},
                                    {"output", builder.argument(to)}},
                      .inputs = {from},
                      .outputs = {to}});
}

} // namespace

void lower_lookups(Builder &builder, const std::vector<const Operator *> &chain) {
    const Operator &first = *chain.front(), &last = *chain.back();
    const int operand = reference::lookup_operand(builder.graph(), first);
    const int from = builder.stored(first.inputs[size_t(operand)]);
    const int to = builder.create_any(last.outputs[0]);
    const std::vector<uint8_t> table = stored_table(
        builder.graph(), chain, builder.stored_tensor(from), builder.stored_tensor(to));
    append_lookup(builder, last, table, from, to);
    if (chain.size() > 1)
        builder.note(fmt::format("{} to {}: {} functions of one byte in one table", first.name,
                                 last.name, chain.size()));
}

void append_lookup(Builder &builder, const Operator &op, const std::vector<uint8_t> &table,
                   int from, int to) {
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    const Walk walk = common_walk(in, out);
    generators::LookupSpec spec{walk.extents, walk.a_strides, walk.b_strides};
    const generators::Pointwise kernel = generators::lookup(spec);
    builder.call(op, {.generator = "lookup",
                      .types = "u8_u8",
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = {{"input", builder.argument(from)},
                                    {"table", builder.constant(table)},
                                    {"output", builder.argument(to)}},
                      .inputs = {from},
                      .outputs = {to},
                      .in_place = true});
}

void hard_swish(Builder &builder, const Operator &op) {
    lower_lookup(builder, op);
}
void leaky_relu(Builder &builder, const Operator &op) {
    lower_lookup(builder, op);
}
void tanh(Builder &builder, const Operator &op) {
    lower_lookup(builder, op);
}
void logistic(Builder &builder, const Operator &op) {
    lower_lookup(builder, op);
}
void relu(Builder &builder, const Operator &op) {
    lower_lookup(builder, op);
}
void relu6(Builder &builder, const Operator &op) {
    lower_lookup(builder, op);
}
void relu_n1_to_1(Builder &builder, const Operator &op) {
    lower_lookup(builder, op);
}

void quantize(Builder &builder, const Operator &op) {
    const Graph &graph = builder.graph();
    const Tensor &input = graph.tensor(op.inputs[0]);
    if (input.dtype == DType::f32)
        return convert_reals(builder, op, false);
    // uint8 to int8 of the same scale is a change of bias, which the stored bytes often have
    // already.
    const int from = builder.stored(op.inputs[0]);
    const StoredTensor in = builder.stored_tensor(from);
    if (in.region != Region::weights) {
        StoredTensor out = in;
        out.rebiased = graph.tensor(op.outputs[0]).dtype == DType::s8 &&
                       builder.target().unsigned_activations();
        if (identity(stored_table(graph, {&op}, in, out))) {
            builder.alias_as(op.outputs[0], from, out.rebiased);
            return;
        }
    }
    lower_lookup(builder, op);
}

void dequantize(Builder &builder, const Operator &op) {
    convert_reals(builder, op, true);
}

} // namespace octet::lower
