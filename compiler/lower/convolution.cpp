// Lowering of conv2d and fully_connected: formulation, packed weights, constants.
#include "compiler/lower/convolution.h"

#include "compiler/lower/copies.h"
#include "compiler/lower/lower.h"
#include "compiler/support/error.h"
#include "generators/conv2d.h"

namespace octet::lower {

using generators::Conv2dSpec;
using generators::ConvFormulation;

void require_8_bits(const Builder &builder, const Operator &op) {
    const Graph &graph = builder.graph();
    for (const TensorId id : {op.inputs[0], op.inputs[1], op.outputs[0]})
        if (size_of(graph.tensor(id).dtype) != 1)
            throw Error(
                "operator {}: tensor {} is {}, kernels take int8; quantize the network first",
                op.name, graph.tensor(id).name, name_of(graph.tensor(id).dtype));
    if (!graph.tensor(op.inputs[1]).constant() ||
        (op.input(2) != no_tensor && !graph.tensor(op.inputs[2]).constant()))
        throw Error("operator {}: its weights are computed at run time, kernels take constant "
                    "weights; fold them into the model",
                    op.name);
}

/// They re-bias it on the way to the dot product, where
/// there is one; otherwise that would be widened along with it, at a price.
int convolution_input(Builder &builder, TensorId id) {
    return builder.target().dot_lanes ? builder.readable(id) : builder.working(id);
}

namespace {

/// accumulate() for all of the spec's channels, which repeat the operator's.
Accumulation accumulate_all(const Builder &builder, const Operator &op, const Conv2dSpec &spec,
                            int input, std::span<const int8_t> weights) {
    const int channels = builder.graph().tensor(op.inputs[1]).shape[0];
    const size_t size = size_t(spec.kernel_h) * size_t(spec.kernel_w) * size_t(spec.c_in);
    Accumulation all;
    for (int first = 0; first < spec.c_out; first += channels) {
        const Accumulation part =
            accumulate(builder, op, input, spec.rebias_input, channels, [&](int channel) {
                const auto of_channel = weights.subspan(size * size_t(first + channel), size);
                return std::vector<int8_t>(of_channel.begin(), of_channel.end());
            });
        all.bias.insert(all.bias.end(), part.bias.begin(), part.bias.end());
        all.channels.insert(all.channels.end(), part.channels.begin(), part.channels.end());
    }
    all.bias.resize(size_t(spec.epilogue.channels), 0);
    return all;
}

/// Number `part` of `parts` equal ones.
Accumulation part_of(const Accumulation &whole, size_t part, size_t parts) {
    const auto slice = [&](const auto &values) {
        const size_t size = values.size() / parts;
        const auto begin = values.begin() + ptrdiff_t(part * size);
        return std::decay_t<decltype(values)>(begin, begin + ptrdiff_t(size));
    };
    return {slice(whole.bias), slice(whole.channels)};
}

struct PartOf {
    int part, parts;
};

/// Appends one of the calls that the operator becomes; spec and weights are the part's.
void append_part(Builder &builder, const Operator &op, Conv2dSpec spec, PartOf part, int input,
                 int output, Activation activation, std::span<const int8_t> weights,
                 const Accumulation &accumulation) {
    const nlohmann::json knobs = builder.choose(spec);
    // Re-biasing activations as they are broadcast pays only when one tile of several vectors
    // covers all channels: then each is read once, beside as many dot products.
    const int tile_c = knobs.at("tile_c").get<int>();
    spec.staged |=
        spec.rebias_input && (tile_c == 1 || tile_c * spec.lanes < spec.epilogue.channels);

    PackedWeights packed{.values = std::vector<int8_t>(size_t(spec.packed_bytes()), 0),
                         .group = spec.group,
                         .lanes = spec.lanes,
                         .blocks = spec.epilogue.channels / spec.lanes,
                         .axis = 0,
                         .first_channel = part.part * spec.c_out,
                         .channels = spec.c_out};
    size_t next = 0;
    for (int channel = 0; channel < spec.c_out; ++channel)
        for (int ky = 0; ky < spec.kernel_h; ++ky)
            for (int kx = 0; kx < spec.kernel_w; ++kx)
                for (int ci = 0; ci < spec.c_in; ++ci)
                    packed.values[size_t(spec.packed_offset(channel, ky, kx, ci))] =
                        weights[next++];

    // Where the last tile of channels overlaps the one before, channels choose their form alone.
    const int block = spec.epilogue.channels % (tile_c * spec.lanes) ? 1 : tile_c * spec.lanes;
    append_convolution<generators::Conv2d, Conv2dSpec>(builder, op,
                                                       {"conv2d", spec, knobs, block, input, output,
                                                        activation, std::move(packed), part.part,
                                                        part.parts},
                                                       accumulation);
}

} // namespace

void append_conv2d(Builder &builder, const Operator &op, Conv2dSpec spec, int input, int output,
                   Activation activation, std::span<const int8_t> weights) {
    const StoredTensor &in = builder.stored_tensor(input), &out = builder.stored_tensor(output);
    spec.in_type = Builder::type_name(in);
    spec.rebias_input = builder.target().unsigned_activations() && spec.in_type == "s8";
    spec.out_stride_c = out.stride_c;
    spec.epilogue.out_type = Builder::type_name(out);
    spec.epilogue.channels = out.stride_c;
    const Accumulation accumulation = accumulate_all(builder, op, spec, input, weights);
    if (append_conv2d_tiles(builder, op, spec, input, output, activation, weights, accumulation))
        return;
    int calls = 1;
    if (spec.groups == 1 && spec.c_out == spec.epilogue.channels)
        calls = parts_to_decode(builder, op, int64_t(weights.size()), spec.c_out);
    spec.c_out /= calls;
    spec.epilogue.channels /= calls;
    const size_t size = weights.size() / size_t(calls);
    for (int part = 0; part < calls; ++part)
        append_part(builder, op, spec, {part, calls}, input, output, activation,
                    weights.subspan(size_t(part) * size, size),
                    part_of(accumulation, size_t(part), size_t(calls)));
}

void conv2d(Builder &builder, const Operator &op) {
    require_8_bits(builder, op);
    const Graph &graph = builder.graph();
    const auto &attributes = op.as<Conv2dAttributes>();
    const Shape &in = graph.tensor(op.inputs[0]).shape;
    const Shape &out = graph.tensor(op.outputs[0]).shape;
    const Shape &weights = graph.tensor(op.inputs[1]).shape;

    int input = builder.stored(op.inputs[0]);
    const bool rows = builder.prefers_rows(op) &&
                      builder.family().prefers_rows(builder.stored_tensor(input).stride_c);
    if (!rows)
        input = convolution_input(builder, op.inputs[0]);

    Conv2dSpec spec;
    spec.formulation = rows ? ConvFormulation::row_dot : ConvFormulation::dot;
    spec.batch = in[0];
    spec.in_h = in[1];
    spec.in_w = in[2];
    spec.c_in = weights[3];
    spec.groups = attributes.groups;
    spec.c_out = out[3];
    spec.in_stride_c = builder.stored_tensor(input).stride_c;
    spec.out_h = out[1];
    spec.out_w = out[2];
    spec.kernel_h = weights[1];
    spec.kernel_w = weights[2];
    spec.stride_h = attributes.stride_h;
    spec.stride_w = attributes.stride_w;
    spec.dilation_h = attributes.dilation_h;
    spec.dilation_w = attributes.dilation_w;
    spec.pad_top = attributes.padding.top;
    spec.pad_left = attributes.padding.left;
    const bool pointwise = weights[1] == 1 && weights[2] == 1 && spec.stride_h == 1 &&
                           spec.stride_w == 1 && !attributes.padding.any();
    spec.staged = rows || attributes.padding.any() || spec.groups > 1;
    if (pointwise && !spec.staged) { // Pixels are independent: one long row.
        spec.in_w = spec.out_w = in[0] * in[1] * in[2];
        spec.batch = spec.in_h = spec.out_h = 1;
    }
    append_conv2d(builder, op, spec, input, builder.create(op.outputs[0]), attributes.activation,
                  graph.tensor(op.inputs[1]).values<int8_t>());
}

void fully_connected(Builder &builder, const Operator &op) {
    require_8_bits(builder, op);
    const Graph &graph = builder.graph();
    const Shape &weights = graph.tensor(op.inputs[1]).shape;
    const int c_in = weights[1];
    const int batch = int(graph.tensor(op.inputs[0]).elements() / c_in);

    // Rows of c_in elements, apart by a multiple of the dot product's length.
    int input = convolution_input(builder, op.inputs[0]);
    const StoredTensor &in = builder.stored_tensor(input);
    int stride = in.stride_c;
    if (in.channels() != c_in) {
        if (Builder::dense(in) && (batch == 1 || c_in % 4 == 0) && in.stride_c == in.channels()) {
            stride = c_in;
        } else {
            const int flat = builder.create_view(op.inputs[0], {batch, c_in});
            append_copy(builder, op, input, flat);
            input = flat;
            stride = builder.stored_tensor(flat).stride_c;
        }
    }
    Conv2dSpec spec;
    const bool rows = builder.family().prefers_rows(stride);
    spec.formulation = rows ? ConvFormulation::row_dot : ConvFormulation::dot;
    spec.staged = rows;
    spec.c_in = c_in;
    spec.c_out = weights[0];
    spec.in_w = spec.out_w = batch;
    spec.in_stride_c = rows ? stride : (stride + 3) / 4 * 4;
    append_conv2d(builder, op, spec, input, builder.create(op.outputs[0]),
                  op.as<FullyConnectedAttributes>().activation,
                  graph.tensor(op.inputs[1]).values<int8_t>());
}

} // namespace octet::lower
