// Lowering of what only moves elements: reshape, squeeze, transpose, pad, slice, concatenation.
#include "compiler/lower/copies.h"

#include "compiler/lower/lower.h"
#include "compiler/reference/quantize.h"
#include "generators/copy.h"

#include <algorithm>
#include <numeric>

namespace octet::lower {

using generators::ConcatenationSpec;
using generators::CopySpec;

namespace {

/// Strides of a stored tensor's dimensions, outermost first like its shape.
std::vector<int> strides_of(const StoredTensor &tensor) {
    std::vector<int> strides(tensor.shape.size(), 1);
    int stride = tensor.stride_c;
    for (int i = int(tensor.shape.size()) - 2; i >= 0; --i) {
        strides[size_t(i)] = stride;
        stride *= tensor.shape[size_t(i)];
    }
    return strides;
}

template <typename T>
std::vector<T> reversed(std::vector<T> values) {
    std::reverse(values.begin(), values.end());
    return values;
}

/// Joins neighbouring dimensions that both sides walk without a gap, so that inner loops are long.
void merge_dimensions(CopySpec &spec) {
    for (size_t i = 0; i + 1 < spec.extents.size();) {
        const bool joined = spec.extents[i] == spec.in_extents[i] && spec.before[i] == 0 &&
                            spec.extents[i + 1] == spec.in_extents[i + 1] &&
                            spec.before[i + 1] == 0 &&
                            spec.out_strides[i + 1] == spec.out_strides[i] * spec.extents[i] &&
                            spec.in_strides[i + 1] == spec.in_strides[i] * spec.extents[i];
        if (!joined) {
            ++i;
            continue;
        }
        spec.extents[i] = spec.in_extents[i] = spec.extents[i] * spec.extents[i + 1];
        for (std::vector<int> *values :
             {&spec.extents, &spec.in_extents, &spec.out_strides, &spec.in_strides, &spec.before})
            values->erase(values->begin() + long(i) + 1);
        if (!spec.steps.empty()) // Which are 1 where whole dimensions are walked.
            spec.steps.erase(spec.steps.begin() + long(i) + 1);
    }
}

/// Appends the copy that `spec` describes.
void append(Builder &builder, const Operator &op, CopySpec spec, int from, int to,
            NamedArguments arguments = {}) {
    if (spec.extents.empty())
        spec.extents = spec.in_extents = spec.out_strides = spec.in_strides = {1};
    spec.before.resize(spec.extents.size(), 0);
    merge_dimensions(spec);
    const generators::Pointwise kernel = generators::copy(spec);
    arguments["input"] = builder.argument(from);
    arguments["output"] = builder.argument(to);
    builder.call(op, {.generator = "copy",
                      .types = spec.type,
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = arguments,
                      .inputs = {from},
                      .outputs = {to}});
}

/// The bytes of an 8-bit tensor move as u8, whatever they mean.
std::string moved_type(const StoredTensor &tensor) {
    return size_of(tensor.dtype) == 1 ? "u8" : Builder::type_name(tensor);
}

} // namespace

/// Elements in row-major order from one layout of the last dimension to another: the longest pieces
/// that are contiguous on both sides have the length of the common divisor of both widths.
void append_copy(Builder &builder, const Operator &op, int from, int to) {
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    const int piece = std::gcd(in.channels(), out.channels());
    // (piece, pieces per row, rows) on both sides, in the finer of the two row structures.
    CopySpec spec;
    spec.type = moved_type(in);
    spec.rebias = in.rebiased != out.rebiased;
    if (out.channels() % in.channels() == 0 || in.channels() % out.channels() == 0) {
        const bool wider = out.channels() > in.channels();
        const int per_row = std::max(in.channels(), out.channels()) / piece;
        const int rows = int(wider ? out.rows() : in.rows());
        spec.extents = spec.in_extents = {piece, per_row, rows};
        spec.in_strides = {1, wider ? in.stride_c : piece,
                           wider ? in.stride_c * per_row : in.stride_c};
        spec.out_strides = {1, wider ? piece : out.stride_c,
                            wider ? out.stride_c : out.stride_c * per_row};
        return append(builder, op, spec, from, to);
    }
    // Neither width divides the other: through a dense copy, of which both are simple views.
    const int middle = builder.create_view(in.source, {int(element_count(in.shape))});
    append_copy(builder, op, from, middle);
    append_copy(builder, op, middle, to);
}

namespace {

void lower_reshape(Builder &builder, const Operator &op) {
    const TensorId output = op.outputs[0];
    const int from = builder.stored(op.inputs[0]);
    const StoredTensor &in = builder.stored_tensor(from);
    const Shape &shape = builder.graph().tensor(output).shape;
    const bool same_rows = !shape.empty() && shape.back() == in.channels();
    if (in.region == Region::arena || in.region == Region::input) {
        if (same_rows || Builder::dense(in)) {
            const bool one_row = shape.empty() || element_count(shape) == shape.back();
            if (same_rows || in.stride_c == in.channels() || one_row)
                return builder.alias(output, from);
        }
    }
    append_copy(builder, op, from, builder.create_any(output));
}

} // namespace

void append_transpose(Builder &builder, const Operator &op, const std::vector<int> &permutation,
                      int from, int to) {
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    const std::vector<int> in_strides = strides_of(in);
    CopySpec spec;
    spec.type = moved_type(in);
    spec.rebias = in.rebiased != out.rebiased;
    for (int axis : permutation)
        spec.in_strides.push_back(in_strides[size_t(axis)]);
    spec.in_strides = reversed(spec.in_strides);
    spec.out_strides = reversed(strides_of(out));
    spec.extents = spec.in_extents = reversed(out.shape);
    append(builder, op, spec, from, to);
}

void transpose(Builder &builder, const Operator &op) {
    const int from = builder.stored(op.inputs[0]), to = builder.create_any(op.outputs[0]);
    append_transpose(builder, op, op.as<TransposeAttributes>().permutation, from, to);
}

void reshape(Builder &builder, const Operator &op) {
    lower_reshape(builder, op);
}
void squeeze(Builder &builder, const Operator &op) {
    lower_reshape(builder, op);
}

void pad(Builder &builder, const Operator &op) {
    const auto &pads = op.as<PadAttributes>().pads;
    const int from = builder.stored(op.inputs[0]), to = builder.create_any(op.outputs[0]);
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    CopySpec spec;
    spec.type = moved_type(in);
    spec.rebias = in.rebiased != out.rebiased;
    spec.padded = true;
    spec.extents = reversed(out.shape);
    spec.in_extents = reversed(in.shape);
    spec.in_strides = reversed(strides_of(in));
    spec.out_strides = reversed(strides_of(out));
    for (const auto &[before, after] : pads)
        spec.before.push_back(before);
    spec.before = reversed(spec.before);
    NamedArguments arguments;
    if (spec.type == "f32")
        arguments["pad_value"] = builder.constant(std::vector<float>{0});
    else // Re-biasing, where there is any, comes after the padding.
        arguments["pad_value"] =
            builder.constant(std::vector<uint8_t>{uint8_t(builder.zero_point(from))});
    append(builder, op, spec, from, to, arguments);
}

void slice(Builder &builder, const Operator &op) {
    const auto &attributes = op.as<SliceAttributes>();
    const int from = builder.stored(op.inputs[0]), to = builder.create_any(op.outputs[0]);
    const StoredTensor &in = builder.stored_tensor(from), &out = builder.stored_tensor(to);
    CopySpec spec;
    spec.type = moved_type(in);
    spec.rebias = in.rebiased != out.rebiased;
    spec.extents = reversed(out.shape);
    spec.in_extents = reversed(in.shape);
    spec.in_strides = reversed(strides_of(in));
    spec.out_strides = reversed(strides_of(out));
    for (const int begin : attributes.begin)
        spec.before.push_back(-begin);
    spec.before = reversed(spec.before);
    for (size_t axis = 0; axis < out.shape.size(); ++axis) // One element is no walk.
        spec.steps.push_back(out.shape[axis] == 1 ? 1 : attributes.strides[axis]);
    spec.steps = reversed(spec.steps);
    if (std::count(spec.steps.begin(), spec.steps.end(), 1) == long(spec.steps.size()))
        spec.steps.clear();
    append(builder, op, spec, from, to);
}

namespace {

/// Input i of a concatenation with the output's quantization and clamp: by a look-up where they
/// differ.
int requantized_input(Builder &builder, const Operator &op, size_t i) {
    const Graph &graph = builder.graph();
    const Tensor &input = graph.tensor(op.inputs[i]), &output = graph.tensor(op.outputs[0]);
    const int from = builder.working(op.inputs[i]);
    if (!output.quantization.quantized())
        return from;
    const auto [lo, hi] = activation_range(op.as<ConcatenationAttributes>().activation, output);
    const reference::RequantizeParameters parameters =
        reference::requantize_parameters(input, output, op.rounding);
    const StoredTensor stored = builder.stored_tensor(from);
    const int32_t bias = stored.rebiased ? 128 : 0;
    std::vector<uint8_t> table(256);
    bool identity = true;
    for (int byte = 0; byte < 256; ++byte) {
        const bool is_signed = stored.dtype == DType::s8 && !stored.rebiased;
        const int32_t value = (is_signed ? int8_t(uint8_t(byte)) : byte) - bias;
        table[size_t(byte)] =
            uint8_t(std::clamp(reference::requantize_value(parameters, value), lo, hi) + bias);
        identity &= table[size_t(byte)] == byte;
    }
    if (identity)
        return from;
    const int to = builder.create_intermediate(op.inputs[i], input.shape);
    append_lookup(builder, op, table, from, to);
    return to;
}

} // namespace

void concatenation(Builder &builder, const Operator &op) {
    std::vector<int> inputs;
    for (size_t i = 0; i < op.inputs.size(); ++i)
        inputs.push_back(requantized_input(builder, op, i));
    const int to = builder.create_working(op.outputs[0]);
    const StoredTensor &out = builder.stored_tensor(to);
    ConcatenationSpec spec;
    spec.type = moved_type(out);
    spec.extents = reversed(out.shape);
    spec.out_strides = reversed(strides_of(out));
    const auto axis = size_t(op.as<ConcatenationAttributes>().axis);
    spec.axis = int(out.shape.size() - 1 - axis);
    NamedArguments arguments = {{"output", builder.argument(to)}};
    for (size_t i = 0; i < inputs.size(); ++i) {
        const StoredTensor &in = builder.stored_tensor(inputs[i]);
        spec.sizes.push_back(in.shape[axis]);
        spec.in_strides.push_back(reversed(strides_of(in)));
        arguments["input" + std::to_string(i)] = builder.argument(inputs[i]);
    }
    const generators::Pointwise kernel = generators::concatenation(spec);
    builder.call(op, {.generator = "concatenation",
                      .types = spec.type,
                      .spec = spec,
                      .knobs = builder.choose(kernel.shape),
                      .signature = &kernel.signature,
                      .arguments = arguments,
                      .inputs = inputs,
                      .outputs = {to}});
}

} // namespace octet::lower
