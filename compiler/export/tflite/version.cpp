#include "compiler/export/tflite/options.h"

namespace octet::tflite {

namespace {

/// The version in which a kind learned 16-bit activations; 0 where another property decides.
int version_of_16_bits(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::conv2d:
        return has_int32_bias(graph, op) ? 8 : op.as<Conv2dAttributes>().groups > 1 ? 6 : 4;
    case OpKind::depthwise_conv2d:
    case OpKind::sub:
        return 5;
    case OpKind::fully_connected:
        return has_int32_bias(graph, op) ? 11 : 7;
    case OpKind::transpose_conv2d:
        return has_int32_bias(graph, op) ? 5 : 0;
    case OpKind::transpose:
        return graph.tensor(op.inputs[0]).shape.size() > 5 ? 6 : 5;
    case OpKind::slice:
        return graph.tensor(op.inputs[0]).shape.size() > 4 ? 5 : 4;
    case OpKind::pad:
        return graph.tensor(op.inputs[0]).shape.size() > 4 ? 4 : 3;
    case OpKind::maximum:
    case OpKind::minimum:
    case OpKind::mul:
    case OpKind::resize_bilinear:
    case OpKind::resize_nearest:
        return 4;
    case OpKind::add:
    case OpKind::average_pool2d:
    case OpKind::concatenation:
    case OpKind::dequantize:
    case OpKind::logistic:
    case OpKind::max_pool2d:
    case OpKind::mean:
    case OpKind::relu:
    case OpKind::relu6:
    case OpKind::softmax:
    case OpKind::tanh:
        return 3;
    case OpKind::leaky_relu:
        return 2;
    default:
        return 0;
    }
}

} // namespace

bool has_int32_bias(const Graph &graph, const Operator &op) {
    return op.input(2) != no_tensor && graph.tensor(op.inputs[2]).dtype == DType::s32;
}

namespace {

/// Float activations that become int8 at run time.
int dynamic_version(const Graph &graph, const Operator &op) {
    const bool per_channel = graph.tensor(op.inputs[1]).quantization.per_channel();
    switch (op.kind) {
    case OpKind::conv2d:
        return op.as<Conv2dAttributes>().groups > 1 ? 6 : per_channel ? 5 : 2;
    case OpKind::depthwise_conv2d:
        return 6;
    default: // fully connected
        return per_channel                                     ? 12
               : dynamic_input(op) == DynamicInput::asymmetric ? 9
               : op.input(2) == no_tensor                      ? 6
               : op.as<FullyConnectedAttributes>().keep_dims   ? 5
                                                               : 3;
    }
}

} // namespace

int version_of(const Graph &graph, const Operator &op) {
    if (dynamic_input(op) != DynamicInput::none)
        return dynamic_version(graph, op);
    const Tensor &input = graph.tensor(op.inputs.at(0));
    if (op.kind == OpKind::quantize)
        return graph.tensor(op.outputs[0]).dtype == DType::s16 ? 2 : 1;
    if (const int version = input.dtype == DType::s16 ? version_of_16_bits(graph, op) : 0)
        return version;
    const bool is_int8 = input.dtype == DType::s8;
    const bool is_byte = is_int8 || input.dtype == DType::u8;
    switch (op.kind) {
    case OpKind::conv2d:
        if (op.as<Conv2dAttributes>().groups > 1)
            return 6;
        return is_int8 ? 3 : 1;
    case OpKind::depthwise_conv2d: {
        const auto &a = op.as<DepthwiseConv2dAttributes>();
        if (is_int8)
            return 3;
        return a.dilation_h > 1 || a.dilation_w > 1 ? 2 : 1;
    }
    case OpKind::fully_connected:
        if (op.input(2) == no_tensor)
            return 6;
        if (op.as<FullyConnectedAttributes>().keep_dims)
            return 5;
        return is_int8 ? 4 : 1;
    case OpKind::pad:
        if (input.shape.size() > 4)
            return 4;
        return is_int8 ? 2 : 1;
    case OpKind::transpose:
        if (input.shape.size() > 4)
            return input.shape.size() > 5 ? 6 : 4;
        return is_int8 ? 2 : 1;
    case OpKind::relu:
        return is_byte ? 2 : 1;
    case OpKind::transpose_conv2d:
        if (op.as<TransposeConv2dAttributes>().activation != Activation::none)
            return 4;
        if (op.input(2) != no_tensor)
            return 3;
        return is_int8 ? 2 : 1;
    case OpKind::mul: {
        if (!is_byte)
            return 1;
        const float factor = input.quantization.scale() *
                             graph.tensor(op.inputs[1]).quantization.scale() /
                             graph.tensor(op.outputs[0]).quantization.scale();
        return factor >= 1 ? 3 : is_int8 ? 2 : 1;
    }
    case OpKind::sub:
        if (graph.tensor(op.outputs[0]).shape.size() > 4)
            return 3;
        return is_int8 ? 2 : 1;
    case OpKind::slice:
        if (input.shape.size() > 5)
            return 5;
        return is_int8 ? 2 : 1;
    case OpKind::resize_bilinear:
        if (op.as<ResizeAttributes>().half_pixel_centers)
            return 3;
        return is_int8 ? 2 : 1;
    case OpKind::resize_nearest: {
        const auto &a = op.as<ResizeAttributes>();
        return a.half_pixel_centers || a.align_corners ? 3 : is_int8 ? 2 : 1;
    }
    case OpKind::add:
    case OpKind::average_pool2d:
    case OpKind::concatenation:
    case OpKind::dequantize:
    case OpKind::logistic:
    case OpKind::max_pool2d:
    case OpKind::maximum:
    case OpKind::mean:
    case OpKind::minimum:
    case OpKind::pack:
    case OpKind::relu6:
    case OpKind::softmax:
    case OpKind::strided_slice:
    case OpKind::tanh:
        return is_int8 ? 2 : 1;
    case OpKind::hard_swish:
    case OpKind::leaky_relu:
    case OpKind::prelu:
    case OpKind::quantize: // above
    case OpKind::relu_n1_to_1:
    case OpKind::reshape:
    case OpKind::shape:
    case OpKind::squeeze:
        return 1;
    }
    return 1;
}

} // namespace octet::tflite
