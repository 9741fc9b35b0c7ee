// Lowering of depthwise_conv2d.
#include "generators/depthwise_conv2d.h"
#include "compiler/lower/convolution.h"
#include "compiler/lower/lower.h"

namespace octet::lower {

using generators::DepthwiseConv2dSpec;

void depthwise_conv2d(Builder &builder, const Operator &op) {
    require_8_bits(builder, op);
    const Graph &graph = builder.graph();
    const auto &attributes = op.as<DepthwiseConv2dAttributes>();
    const Shape &in = graph.tensor(op.inputs[0]).shape;
    const Shape &out = graph.tensor(op.outputs[0]).shape;
    const Tensor &weights = graph.tensor(op.inputs[1]);
    const auto values = weights.values<int8_t>();
    const int channels = out[3];
    const int input = builder.readable(op.inputs[0]), output = builder.create(op.outputs[0]);

    DepthwiseConv2dSpec spec;
    spec.batch = in[0];
    spec.in_h = in[1];
    spec.in_w = in[2];
    spec.in_stride_c = builder.stored_tensor(input).stride_c;
    spec.multiplier = attributes.multiplier;
    spec.out_h = out[1];
    spec.out_w = out[2];
    spec.out_stride_c = builder.stored_tensor(output).stride_c;
    // With one output per input channel the padding of channels is computed along.
    spec.c_in = spec.multiplier == 1 ? spec.in_stride_c : in[3];
    spec.kernel_h = weights.shape[1];
    spec.kernel_w = weights.shape[2];
    spec.stride_h = attributes.stride_h;
    spec.stride_w = attributes.stride_w;
    spec.dilation_h = attributes.dilation_h;
    spec.dilation_w = attributes.dilation_w;
    spec.pad_top = attributes.padding.top;
    spec.pad_left = attributes.padding.left;
    spec.in_type = Builder::type_name(builder.stored_tensor(input));
    spec.rebias_input = builder.target().unsigned_activations() && spec.in_type == "s8";
    spec.staged = attributes.padding.any() || spec.multiplier != 1;
    spec.epilogue.out_type = Builder::type_name(builder.stored_tensor(output));
    spec.epilogue.channels = spec.out_stride_c;
    const nlohmann::json knobs = builder.choose(spec);

    const int taps = spec.kernel_h * spec.kernel_w;
    const Accumulation accumulation =
        accumulate(builder, op, input, spec.rebias_input, spec.epilogue.channels, [&](int channel) {
            std::vector<int8_t> column;
            for (int tap = 0; tap < taps; ++tap)
                column.push_back(values[size_t(tap) * size_t(channels) + size_t(channel)]);
            return column;
        });
    // Groups of taps have all channels side by side, the other formulations channel by channel.
    const bool by_channel = spec.formulation != generators::DepthwiseFormulation::taps;
    const int all_channels = spec.epilogue.channels;
    PackedWeights packed{.values = std::vector<int8_t>(size_t(spec.packed_bytes()), 0),
                         .group = by_channel ? int(spec.packed_bytes()) / all_channels : spec.group,
                         .lanes = by_channel ? 1 : all_channels,
                         .blocks = by_channel ? all_channels : 1,
                         .axis = 3,
                         .channels = channels};
    for (int ky = 0; ky < spec.kernel_h; ++ky)
        for (int kx = 0; kx < spec.kernel_w; ++kx)
            for (int c = 0; c < channels; ++c)
                for (int copy = 0; copy < spec.packed_copies(); ++copy)
                    packed.values[size_t(spec.packed_offset(c, ky, kx, copy))] =
                        values[size_t(ky * spec.kernel_w + kx) * size_t(channels) + size_t(c)];

    append_convolution<generators::DepthwiseConv2d, DepthwiseConv2dSpec>(
        builder, op,
        {"depthwise_conv2d", spec, knobs, knobs.at("tile_c").get<int>(), input, output,
         attributes.activation, std::move(packed)},
        accumulation);
}

} // namespace octet::lower
