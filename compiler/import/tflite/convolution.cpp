// CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED.
#include "compiler/import/tflite/operator_reader.h"

#include <algorithm>
#include <functional>

namespace octet::tflite {

namespace {

// Networks of the older uint8 scheme have uint8 weights. Taking 128 from the values and from the
// zero point leaves the real weights, and one signed type is enough from here on.
void make_weights_signed(OperatorReader &reader) {
    Tensor &weights = reader.mutable_input(1);
    if (weights.dtype != DType::u8 || !weights.constant())
        return;
    Bytes bytes = *weights.data;
    for (uint8_t &byte : bytes)
        byte ^= 0x80;
    weights.data = std::make_shared<const Bytes>(std::move(bytes));
    weights.dtype = DType::s8;
    for (int32_t &zero_point : weights.quantization.zero_points)
        zero_point -= 128;
    reader.note(fmt::format("the uint8 weights of {} are kept as int8", reader.op().name));
}

/// Float activations beside int8 weights.
bool is_dynamic(const OperatorReader &reader) {
    return reader.input(0).dtype == DType::f32 && reader.input(1).dtype == DType::s8;
}

/// LiteRT has two kernels for such convolutions: where all channels have one scale and there are no
/// groups the activations' grids are symmetric, else not.
DynamicInput dynamic_input_of(const OperatorReader &reader, int groups) {
    if (!is_dynamic(reader))
        return DynamicInput::none;
    const std::vector<float> &scales = reader.input(1).quantization.scales;
    const bool one_scale =
        std::adjacent_find(scales.begin(), scales.end(), std::not_equal_to<>()) == scales.end();
    return groups == 1 && one_scale ? DynamicInput::symmetric : DynamicInput::asymmetric;
}

/// Input, weights and an optional bias; the weights' shape.
const Shape &read_operands(OperatorReader &reader, size_t weights_rank) {
    reader.operands(2, 3);
    reader.keep_inputs(3);
    make_weights_signed(reader);
    reader.rank(reader.input(1), weights_rank);
    return reader.input(1).shape;
}

} // namespace

void import_conv2d(OperatorReader &reader) {
    const Shape &weights = read_operands(reader, 4);
    const auto &o = reader.options<schema::Conv2DOptions>();
    Conv2dAttributes a;
    a.stride_h = o.stride_h();
    a.stride_w = o.stride_w();
    a.dilation_h = o.dilation_h_factor();
    a.dilation_w = o.dilation_w_factor();
    a.padding = reader.padding(o.padding(), reader.input(), weights[1], weights[2], a.stride_h,
                               a.stride_w, a.dilation_h, a.dilation_w);
    a.activation = reader.activation(o.fused_activation_function());
    // Groups are not stored: the weights of a grouped convolution are simply thinner.
    a.groups = std::max(1, reader.input(0).shape[3] / weights[3]);
    a.dynamic_input = dynamic_input_of(reader, a.groups);
    reader.set(a);
}

void import_depthwise_conv2d(OperatorReader &reader) {
    const Shape &weights = read_operands(reader, 4);
    const auto &o = reader.options<schema::DepthwiseConv2DOptions>();
    DepthwiseConv2dAttributes a;
    a.stride_h = o.stride_h();
    a.stride_w = o.stride_w();
    a.dilation_h = o.dilation_h_factor();
    a.dilation_w = o.dilation_w_factor();
    a.padding = reader.padding(o.padding(), reader.input(), weights[1], weights[2], a.stride_h,
                               a.stride_w, a.dilation_h, a.dilation_w);
    a.activation = reader.activation(o.fused_activation_function());
    // As TFLite does: the stored depth_multiplier is redundant, and old files leave it at 0.
    a.multiplier = std::max(1, weights[3] / reader.input(0).shape[3]);
    if (is_dynamic(reader))
        a.dynamic_input = DynamicInput::asymmetric;
    reader.set(a);
}

// The inputs are the output's shape, weights, the input and perhaps a bias.
void import_transpose_conv2d(OperatorReader &reader) {
    reader.operands(3, 4);
    const std::vector<int64_t> shape = reader.integers(0, "shape");
    const Shape out = reader.output().shape;
    if (!std::equal(shape.begin(), shape.end(), out.begin(), out.end()))
        reader.fail("its shape is {}; its output is {}, convert the network again",
                    fmt::join(shape, "x"), to_string(out));
    reader.select_inputs({2, 1, 3});
    const Shape &weights = read_operands(reader, 4);
    if (is_dynamic(reader))
        reader.fail("its weights are int8 and its activations float32; dynamic range quantization "
                    "of a TRANSPOSE_CONV is not supported, leave it float");
    reader.rank(reader.output(), 4);
    const auto &o = reader.options<schema::TransposeConvOptions>();
    TransposeConv2dAttributes a;
    a.stride_h = o.stride_h();
    a.stride_w = o.stride_w();
    // It is the gradient of a convolution over the output, whose padding this is.
    const Padding padding = reader.padding(o.padding(), reader.output(), weights[1], weights[2],
                                           a.stride_h, a.stride_w);
    a.padding.top = padding.top;
    a.padding.left = padding.left;
    a.activation = reader.activation(o.fused_activation_function());
    reader.set(a);
}

void import_fully_connected(OperatorReader &reader) {
    read_operands(reader, 2);
    FullyConnectedAttributes a;
    if (const auto *o = reader.optional_options<schema::FullyConnectedOptions>()) {
        if (o->weights_format() != schema::FullyConnectedOptionsWeightsFormat::DEFAULT)
            reader.fail("its weights are stored shuffled; convert the network without shuffling");
        a.keep_dims = o->keep_num_dims();
        a.activation = reader.activation(o->fused_activation_function());
        if (is_dynamic(reader) && o->asymmetric_quantize_inputs())
            a.dynamic_input = DynamicInput::asymmetric;
    }
    if (is_dynamic(reader) && a.dynamic_input == DynamicInput::none)
        a.dynamic_input = DynamicInput::symmetric;
    reader.set(a);
}

} // namespace octet::tflite
