// Checks of the operators with weights: convolutions and fully connected.
#include "compiler/graph/check_operator.h"

#include <cmath>

namespace octet {

namespace {

void check_bias(const OperatorCheck &check, int channels) {
    if (!check.has_input(2))
        return;
    const Tensor &bias = check.input(2);
    check.constant(bias, "bias");
    const DType input = check.input(0).dtype;
    const DType wanted = input == DType::f32   ? DType::f32
                         : input == DType::s16 ? DType::s64
                                               : DType::s32;
    // Beside int16 activations an int32 bias makes sums of 32 bits, but not in depthwise ones.
    const bool narrow = input == DType::s16 && bias.dtype == DType::s32 &&
                        check.op().kind != OpKind::depthwise_conv2d;
    if (bias.dtype != wanted && !narrow)
        check.fail("its bias is {}; beside {} activations it must be {}", name_of(bias.dtype),
                   name_of(input), name_of(wanted));
    if (bias.elements() != channels || bias.shape.size() != 1)
        check.fail("its bias is {}; it must be {}, one element per output channel",
                   to_string(bias.shape), channels);
}

/// Scales for the whole tensor or for each output channel, which are axis `axis`; per channel
/// without zero points.
void check_scales(const OperatorCheck &check, const Quantization &q, int axis) {
    if (!q.per_channel())
        return;
    if (q.axis != axis)
        check.fail("its weights are quantized along axis {}; the output channels are axis {}",
                   q.axis, axis);
    for (int32_t zero_point : q.zero_points)
        if (zero_point != 0)
            check.fail("its weights have a zero point of {}; per channel they must be symmetric "
                       "(0)",
                       zero_point);
}

/// Beside float activations: float, or int8 that is dequantized or meets activations that become
/// int8 at run time.
void check_weights_of_reals(const OperatorCheck &check, const Tensor &weights, int axis) {
    const bool dynamic = dynamic_input(check.op()) != DynamicInput::none;
    if (weights.dtype == DType::f32 && !dynamic)
        return;
    if (weights.dtype != DType::s8 || !weights.quantization.quantized())
        check.fail("its weights are {}{}; beside float32 activations they must be {}quantized int8",
                   name_of(weights.dtype),
                   weights.dtype != DType::s8 || weights.quantization.quantized()
                       ? ""
                       : " without a scale",
                   dynamic ? "" : "float32 or ");
    check_scales(check, weights.quantization, axis);
    if (dynamic && weights.quantization.zero_points[0] != 0)
        check.fail("its weights have a zero point of {}; beside activations that are quantized at "
                   "run time they must be symmetric (0)",
                   weights.quantization.zero_points[0]);
}

/// Activations and weights agree in kind, and every channel's multiplier is sane. `axis` counts the
/// output channels of the weights.
void check_weights(const OperatorCheck &check, size_t rank, int axis) {
    check.activation(check.input(0));
    check.activation(check.output());
    if (check.input(0).dtype != check.output().dtype)
        check.fail("its input is {} and its output {}; they must be of one type",
                   name_of(check.input(0).dtype), name_of(check.output().dtype));
    const Tensor &weights = check.input(1);
    check.constant(weights, "weights tensor");
    check.rank(weights, rank);
    if (check.input(0).dtype == DType::f32)
        return check_weights_of_reals(check, weights, axis);
    if (dynamic_input(check.op()) != DynamicInput::none)
        check.fail("its activations are {} and to be quantized at run time; only float32 ones can",
                   name_of(check.input(0).dtype));
    if (weights.dtype != DType::s8 || !weights.quantization.quantized())
        check.fail("its weights are {}{}; beside {} activations they must be quantized int8",
                   name_of(weights.dtype),
                   weights.quantization.quantized() ? "" : " without a scale",
                   name_of(check.input(0).dtype));
    const Quantization &q = weights.quantization;
    check_scales(check, q, axis);
    const float input_scale = check.input(0).quantization.scale();
    const float output_scale = check.output().quantization.scale();
    for (float scale : q.scales) {
        const double factor = double(input_scale * scale) / double(output_scale);
        check.multiplier(factor);
        // 64-bit products have no room for larger ones.
        if (check.input(0).dtype == DType::s16 && !(factor < 127))
            check.fail("its scales differ by a factor of {:g}; beside int16 activations it must be "
                       "below 127, quantize the network again",
                       factor);
    }
}

/// Output height and width of a two-dimensional convolution.
template <typename ConvolutionAttributes>
std::pair<int, int> check_window(const OperatorCheck &check, const ConvolutionAttributes &a) {
    check.rank(check.input(0), 4);
    const Shape &in = check.input(0).shape, &weights = check.input(1).shape;
    return {check.window_extent(in[1], weights[1], a.stride_h, a.dilation_h, a.padding.top,
                                a.padding.bottom),
            check.window_extent(in[2], weights[2], a.stride_w, a.dilation_w, a.padding.left,
                                a.padding.right)};
}

} // namespace

void check_conv2d(const OperatorCheck &check) {
    check.operands(2, 3);
    const auto &a = check.attributes<Conv2dAttributes>();
    check_weights(check, 4, 0);
    const auto [height, width] = check_window(check, a);
    const Shape &in = check.input(0).shape, &weights = check.input(1).shape;
    const int channels = weights[0];
    if (a.groups < 1 || int64_t(weights[3]) * a.groups != in[3] || channels % a.groups != 0)
        check.fail("its input has {} channels, its weights are {} in {} groups; input channels "
                   "must be groups times the weights' last extent, and groups must divide the "
                   "output channels",
                   in[3], to_string(weights), a.groups);
    check_bias(check, channels);
    check.output_shape({in[0], height, width, channels});
}

void check_depthwise_conv2d(const OperatorCheck &check) {
    check.operands(2, 3);
    const auto &a = check.attributes<DepthwiseConv2dAttributes>();
    check_weights(check, 4, 3);
    const auto [height, width] = check_window(check, a);
    const Shape &in = check.input(0).shape, &weights = check.input(1).shape;
    const int channels = weights[3];
    if (weights[0] != 1 || a.multiplier < 1 || int64_t(in[3]) * a.multiplier != channels)
        check.fail("its input has {} channels, its weights are {} with a multiplier of {}; the "
                   "weights must be 1 x height x width x (channels times multiplier)",
                   in[3], to_string(weights), a.multiplier);
    check_bias(check, channels);
    check.output_shape({in[0], height, width, channels});
}

void check_transpose_conv2d(const OperatorCheck &check) {
    check.operands(2, 3);
    const auto &a = check.attributes<TransposeConv2dAttributes>();
    check_weights(check, 4, 0);
    check.rank(check.input(0), 4);
    check.rank(check.output(), 4);
    const Shape &in = check.input(0).shape, &weights = check.input(1).shape;
    const Shape &out = check.output().shape;
    for (int value : {weights[1], weights[2]})
        check.extent(value, "kernel");
    for (int value : {a.stride_h, a.stride_w})
        check.extent(value, "stride");
    const Padding &p = a.padding;
    if (p.top < 0 || p.top >= weights[1] || p.left < 0 || p.left >= weights[2] || p.bottom ||
        p.right)
        check.fail("its padding is {}, {}, {} and {}; above and on the left it must be below the "
                   "kernel's extents, below and on the right 0",
                   p.top, p.bottom, p.left, p.right);
    if (weights[3] != in[3])
        check.fail("its input has {} channels, its weights are {}; the last extent must be equal",
                   in[3], to_string(weights));
    check_bias(check, weights[0]);
    check.output_shape({in[0], out[1], out[2], weights[0]});
}

void check_fully_connected(const OperatorCheck &check) {
    check.operands(2, 3);
    const auto &a = check.attributes<FullyConnectedAttributes>();
    check_weights(check, 2, 0);
    const Tensor &in = check.input(0);
    const int channels = check.input(1).shape[0], depth = check.input(1).shape[1];
    const bool fits =
        a.keep_dims ? !in.shape.empty() && in.shape.back() == depth : in.elements() % depth == 0;
    if (!fits)
        check.fail("its input is {} and its weights {}; the input must be rows of {} elements",
                   to_string(in.shape), to_string(check.input(1).shape), depth);
    check_bias(check, channels);
    Shape out = a.keep_dims ? in.shape : Shape{int(in.elements() / depth), channels};
    out.back() = channels;
    check.output_shape(out);
}

} // namespace octet
