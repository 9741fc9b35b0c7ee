// What the lowering of convolutions, depthwise convolutions and fully connected operators shares:
// what they require, and how a specification with its packed weights becomes a call.
#pragma once

#include "compiler/lower/accumulation.h"
#include "compiler/lower/decode.h"
#include "generators/conv2d.h"
#include "generators/conv2d_tiles.h"

namespace octet::lower {

/// Throws Error naming the operator and the tensor unless activations and weights have 8 bits and
/// the weights are constant.
void require_8_bits(const Builder &builder, const Operator &op);

/// One convolution whose spec is complete but for the epilogue's form. `block` channels share a
/// tile.
template <typename Spec>
struct Convolution {
    std::string generator;
    Spec spec;
    nlohmann::json knobs;
    int block = 0;
    int input = 0, output = 0;
    Activation activation = Activation::none;
    PackedWeights packed; ///< weights as spec.packed_offset lays them out
    /// Of `calls` that write equal shares of the output's channels, the number of this one.
    int part = 0, calls = 1;
};

/// The input in a form that convolutions read.
int convolution_input(Builder &builder, TensorId id);

/// Packs, solves and appends one convolution whose spec's shapes are set. `weights` is laid out
/// (c_out, kernel_h, kernel_w, c_in); where they are of more output channels than the operator's,
/// these repeat its channels' biases and scales in order.
void append_conv2d(Builder &builder, const Operator &op, generators::Conv2dSpec spec, int input,
                   int output, Activation activation, std::span<const int8_t> weights);

/// The same on tile instructions; false where the chip or the layer is not for them. `spec` has all
/// but what candidates choose.
bool append_conv2d_tiles(Builder &builder, const Operator &op, const generators::Conv2dSpec &spec,
                         int input, int output, Activation activation,
                         std::span<const int8_t> weights, const Accumulation &accumulation);

/// Solves the epilogue, adds the constants and appends the call of Kernel, a generator's class.
template <typename Kernel, typename Spec>
void append_convolution(Builder &builder, const Operator &op, Convolution<Spec> convolution,
                        const Accumulation &accumulation) {
    Spec &spec = convolution.spec;
    const int input = convolution.input, output = convolution.output;
    const int64_t first_channel = int64_t(convolution.part) * spec.epilogue.channels;
    const WeightsArgument weights = lower_weights(builder, op, convolution.packed);
    std::vector<int> inputs = {input};
    if (weights.decoded >= 0)
        inputs.push_back(weights.decoded);
    // The value of padding, in the input as it lies in memory; as often as the widest load takes.
    const std::vector<uint8_t> pad_value(16, uint8_t(builder.zero_point(input)));
    NamedArguments arguments = {{"input", builder.argument(input)},
                                {"weights", weights.argument},
                                {"pad_value", builder.constant(pad_value)},
                                {"output", builder.argument(output, first_channel)}};
    const OutputRange range = output_range(builder, output, convolution.activation);
    lower_epilogue(builder, op, accumulation, range, convolution.block, spec.epilogue, arguments,
                   false, true);
    builder.set_values(output, range.lo, range.hi);
    const bool last = convolution.part + 1 == convolution.calls;
    std::vector<int> outputs = {last ? output : builder.create_part(output)};
    const auto add_scratch = [&](const char *name, int64_t bytes) {
        outputs.push_back(builder.scratch(op.name + "/" + name, bytes));
        arguments[name] = builder.argument(outputs.back());
    };
    if (spec.scratch_bytes)
        add_scratch("scratch", spec.scratch_bytes);
    else if (spec.staged)
        add_scratch("staged", spec.staged_bytes());
    const bool per_channel = builder.graph().tensor(op.inputs[1]).quantization.per_channel();
    const Kernel kernel(spec);
    builder.call(op, {.generator = convolution.generator,
                      .types = spec.epilogue.out_type + "_" + spec.in_type +
                               (per_channel ? "_s8pc" : "_s8pt"),
                      .spec = spec,
                      .knobs = convolution.knobs,
                      .signature = &kernel.signature,
                      .arguments = arguments,
                      .inputs = inputs,
                      .outputs = outputs,
                      .calls = convolution.calls});
}

} // namespace octet::lower
