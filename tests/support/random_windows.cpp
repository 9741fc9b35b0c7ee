// RandomGraph's operators with a window or weights: convolutions, fully connected, pools.
#include "tests/support/random_graph.h"

#include <fmt/format.h>

#include <algorithm>

namespace octet::test {

namespace {

int output_extent(int input, int kernel, int stride, int dilation, int before, int after) {
    return (input + before + after - ((kernel - 1) * dilation + 1)) / stride + 1;
}

std::pair<int, int> same_padding(int extent, int kernel, int stride, int dilation) {
    const int steps = (extent + stride - 1) / stride - 1;
    const int total = std::max(0, steps * stride + (kernel - 1) * dilation + 1 - extent);
    return {total / 2, total - total / 2};
}

} // namespace

Padding same_padding(int height, int width, int kernel_h, int kernel_w, int stride_h, int stride_w,
                     int dilation_h, int dilation_w) {
    const auto [top, bottom] = same_padding(height, kernel_h, stride_h, dilation_h);
    const auto [left, right] = same_padding(width, kernel_w, stride_w, dilation_w);
    return {top, bottom, left, right};
}

TensorId RandomGraph::conv2d(TensorId input, const ConvolutionOptions &o) {
    const Tensor x = tensor(input);
    const Shape shape{o.channels_out, o.kernel_h, o.kernel_w, x.shape.at(3) / o.groups};
    const Weights w =
        make_weights(x, shape, 0, o.per_channel, o.weight_zero_point, o.bias, o.int32_bias);
    const Padding p = o.same ? same_padding(x.shape[1], x.shape[2], o.kernel_h, o.kernel_w,
                                            o.stride_h, o.stride_w, o.dilation_h, o.dilation_w)
                             : o.padding;
    const Shape out{
        x.shape[0],
        output_extent(x.shape[1], o.kernel_h, o.stride_h, o.dilation_h, p.top, p.bottom),
        output_extent(x.shape[2], o.kernel_w, o.stride_w, o.dilation_w, p.left, p.right),
        o.channels_out};
    return append(OpKind::conv2d, {input, w.weights, w.bias}, x.dtype, out,
                  product_quantization(x, w.scale, element_count(shape) / o.channels_out),
                  Conv2dAttributes{o.stride_h, o.stride_w, o.dilation_h, o.dilation_w, o.groups, p,
                                   o.activation});
}

TensorId RandomGraph::depthwise_conv2d(TensorId input, const ConvolutionOptions &o) {
    const Tensor x = tensor(input);
    const int channels = x.shape.at(3) * o.multiplier;
    const Shape shape{1, o.kernel_h, o.kernel_w, channels};
    const Weights w =
        make_weights(x, shape, 3, o.per_channel, o.weight_zero_point, o.bias, o.int32_bias);
    const Padding p = o.same ? same_padding(x.shape[1], x.shape[2], o.kernel_h, o.kernel_w,
                                            o.stride_h, o.stride_w, o.dilation_h, o.dilation_w)
                             : o.padding;
    const Shape out{
        x.shape[0],
        output_extent(x.shape[1], o.kernel_h, o.stride_h, o.dilation_h, p.top, p.bottom),
        output_extent(x.shape[2], o.kernel_w, o.stride_w, o.dilation_w, p.left, p.right), channels};
    return append(OpKind::depthwise_conv2d, {input, w.weights, w.bias}, x.dtype, out,
                  product_quantization(x, w.scale, int64_t(o.kernel_h) * o.kernel_w),
                  DepthwiseConv2dAttributes{o.stride_h, o.stride_w, o.dilation_h, o.dilation_w,
                                            o.multiplier, p, o.activation});
}

TensorId RandomGraph::transpose_conv2d(TensorId input, const ConvolutionOptions &o) {
    const Tensor x = tensor(input);
    const Shape shape{o.channels_out, o.kernel_h, o.kernel_w, x.shape.at(3)};
    const Weights w =
        make_weights(x, shape, 0, o.per_channel, o.weight_zero_point, o.bias, o.int32_bias);
    const auto extent = [&](int in, int kernel, int stride) {
        return in * stride + (o.same ? 0 : std::max(kernel - stride, 0));
    };
    const Shape out{x.shape[0], extent(x.shape[1], o.kernel_h, o.stride_h),
                    extent(x.shape[2], o.kernel_w, o.stride_w), o.channels_out};
    TransposeConv2dAttributes attributes{o.stride_h, o.stride_w, {}, o.activation};
    if (o.same) {
        attributes.padding.top = same_padding(out[1], o.kernel_h, o.stride_h, 1).first;
        attributes.padding.left = same_padding(out[2], o.kernel_w, o.stride_w, 1).first;
    }
    return append(OpKind::transpose_conv2d, {input, w.weights, w.bias}, x.dtype, out,
                  product_quantization(x, w.scale, element_count(shape) / o.channels_out),
                  attributes);
}

TensorId RandomGraph::fully_connected(TensorId input, const FullyConnectedOptions &o) {
    const Tensor x = tensor(input);
    int64_t depth = x.shape.back();
    if (!o.keep_dims) // everything behind the batch is flattened
        depth = x.elements() / x.shape.front();
    const Weights w = make_weights(x, {o.channels_out, int(depth)}, 0, o.per_channel,
                                   o.weight_zero_point, o.bias, o.int32_bias);
    Shape out = o.keep_dims ? x.shape : Shape{x.shape.front(), 0};
    out.back() = o.channels_out;
    return append(OpKind::fully_connected, {input, w.weights, w.bias}, x.dtype, out,
                  product_quantization(x, w.scale, depth),
                  FullyConnectedAttributes{o.keep_dims, o.activation});
}

TensorId RandomGraph::average_pool2d(TensorId input, const Pool2dAttributes &o) {
    const Tensor x = tensor(input);
    const Padding &p = o.padding;
    const Shape out{
        x.shape.at(0), output_extent(x.shape[1], o.kernel_h, o.stride_h, 1, p.top, p.bottom),
        output_extent(x.shape[2], o.kernel_w, o.stride_w, 1, p.left, p.right), x.shape[3]};
    return append(OpKind::average_pool2d, {input}, x.dtype, out, x.quantization, o);
}

TensorId RandomGraph::max_pool2d(TensorId input, const Pool2dAttributes &attributes) {
    const TensorId output = average_pool2d(input, attributes);
    Operator &op = graph_.operators.back();
    op.kind = OpKind::max_pool2d;
    op.name = fmt::format("{}_{}", name_of(op.kind), graph_.operators.size() - 1);
    graph_.tensor(output).name = op.name;
    return output;
}

} // namespace octet::test
