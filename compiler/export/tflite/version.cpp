#include "compiler/export/tflite/options.h"

namespace octet::tflite {

int version_of(const Graph &graph, const Operator &op) {
    const Tensor &input = graph.tensor(op.inputs.at(0));
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
    case OpKind::add:
    case OpKind::average_pool2d:
    case OpKind::concatenation:
    case OpKind::dequantize:
    case OpKind::logistic:
    case OpKind::max_pool2d:
    case OpKind::mean:
    case OpKind::pack:
    case OpKind::relu6:
    case OpKind::softmax:
    case OpKind::strided_slice:
        return is_int8 ? 2 : 1;
    case OpKind::quantize:
    case OpKind::relu_n1_to_1:
    case OpKind::reshape:
    case OpKind::shape:
    case OpKind::squeeze:
        return 1;
    }
    return 1;
}

} // namespace octet::tflite
