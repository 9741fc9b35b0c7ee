// The operators with weights.
#include "compiler/export/onnx/writer.h"
#include "compiler/support/error.h"

namespace octet::onnx_export {

namespace {

std::vector<std::string> inputs_of(Writer &writer, const Operator &op, const Form &weights) {
    if (dynamic_input(op) != DynamicInput::none)
        throw Error("{}: ONNX quantizes activations at run time in another way (uint8, one grid "
                    "for the whole tensor); write .tflite or .octet, or compute with quantized "
                    "weights only",
                    op.name);
    std::vector<std::string> inputs = {writer.real(op.inputs[0]),
                                       writer.constant(op.inputs[1], weights)};
    if (const std::string bias = writer.bias(op); !bias.empty())
        inputs.push_back(bias);
    return inputs;
}

template <typename A>
void write_convolution(Writer &writer, const Operator &op, const A &a, const Form &weights,
                       int64_t groups) {
    const Padding &p = a.padding;
    const Shape &kernel = writer.input(op, 1).shape;
    const std::string value =
        writer.file().add_unique("Conv", inputs_of(writer, op, weights), op.name + "_real",
                                 {{"kernel_shape", std::vector<int64_t>{kernel[1], kernel[2]}},
                                  {"strides", std::vector<int64_t>{a.stride_h, a.stride_w}},
                                  {"dilations", std::vector<int64_t>{a.dilation_h, a.dilation_w}},
                                  {"pads", std::vector<int64_t>{p.top, p.left, p.bottom, p.right}},
                                  {"group", groups}});
    writer.define(op, writer.activate(value, a.activation, op.name));
}

} // namespace

void write_conv2d(Writer &writer, const Operator &op) {
    const auto &a = op.as<Conv2dAttributes>();
    write_convolution(writer, op, a, {nchw}, a.groups);
}

void write_depthwise_conv2d(Writer &writer, const Operator &op) {
    // (1, h, w, c) becomes (c, 1, h, w): as many groups as there are input channels.
    write_convolution(writer, op, op.as<DepthwiseConv2dAttributes>(), {{3, 0, 1, 2}},
                      writer.input(op).shape[3]);
}

// ONNX derives the output's extents, (in - 1) stride + kernel - padding + output_padding; Graph
// has them, so what remains is padding at the end or, below 0, output_padding.
void write_transpose_conv2d(Writer &writer, const Operator &op) {
    const auto &a = op.as<TransposeConv2dAttributes>();
    const Shape &in = writer.input(op).shape, &out = writer.output(op).shape;
    const Shape &kernel = writer.input(op, 1).shape;
    const auto rest = [&](size_t axis, int stride, int before) {
        const int64_t rest = int64_t(in[axis] - 1) * stride + kernel[axis] - before - out[axis];
        if (-rest >= stride)
            throw Error("{}: ONNX cannot express an output of {} from {}; write .tflite or .octet",
                        op.name, to_string(out), to_string(in));
        return rest;
    };
    const int64_t bottom = rest(1, a.stride_h, a.padding.top);
    const int64_t right = rest(2, a.stride_w, a.padding.left);
    const std::string value = writer.file().add_unique(
        "ConvTranspose", inputs_of(writer, op, {{3, 0, 1, 2}}), op.name + "_real",
        {{"kernel_shape", std::vector<int64_t>{kernel[1], kernel[2]}},
         {"strides", std::vector<int64_t>{a.stride_h, a.stride_w}},
         {"pads", std::vector<int64_t>{a.padding.top, a.padding.left, std::max<int64_t>(0, bottom),
                                       std::max<int64_t>(0, right)}},
         {"output_padding",
          std::vector<int64_t>{std::max<int64_t>(0, -bottom), std::max<int64_t>(0, -right)}}});
    writer.define(op, writer.activate(value, a.activation, op.name));
}

// A matrix product of two dimensions. What brings its input and output into them is quantized on
// its own, so that runtimes find the product between two quantized values.
void write_fully_connected(Writer &writer, const Operator &op) {
    const auto &a = op.as<FullyConnectedAttributes>();
    const Tensor &x = writer.input(op), &y = writer.output(op);
    const Shape &weights = writer.input(op, 1).shape;
    const Shape rows = {int(x.elements() / weights[1]), weights[1]};
    const Shape columns = {rows[0], weights[0]};
    std::vector<std::string> inputs = inputs_of(writer, op, {{1, 0}});
    if (x.shape != rows) {
        if (x.shape.size() == 4)
            inputs[0] = writer.between(writer.to_nhwc(inputs[0], x, x.name), x, op.name + "_nhwc");
        inputs[0] = writer.between(writer.reshape(inputs[0], rows, op.name + "_rows"), x,
                                   op.name + "_rows");
    }
    std::string value = writer.file().add_unique("Gemm", inputs, op.name + "_real");
    value = writer.activate(value, a.activation, op.name);
    if (y.shape != columns) {
        value = writer.reshape(writer.between(value, y, op.name + "_columns"), y.shape, op.name);
        if (y.shape.size() == 4)
            value = writer.to_nchw(writer.between(value, y, op.name + "_nhwc"), y, op.name);
    }
    writer.define(op, value);
}

} // namespace octet::onnx_export
