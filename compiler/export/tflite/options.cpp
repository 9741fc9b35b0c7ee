#include "compiler/export/tflite/options.h"

#include "compiler/graph/same_padding.h"
#include "compiler/support/error.h"

#include <algorithm>

namespace octet::tflite {

namespace {

schema::ActivationFunctionType activation_of(Activation activation) {
    switch (activation) {
    case Activation::none:
        return schema::ActivationFunctionType::NONE;
    case Activation::relu:
        return schema::ActivationFunctionType::RELU;
    case Activation::relu6:
        return schema::ActivationFunctionType::RELU6;
    case Activation::relu_n1_to_1:
        return schema::ActivationFunctionType::RELU_N1_TO_1;
    }
    return schema::ActivationFunctionType::NONE;
}

// What convolutions and pools have in common.
struct Window {
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h = 1, dilation_w = 1;
    Padding padding;
};

std::optional<Window> window_of(const Graph &graph, const Operator &op) {
    if (const auto *a = std::get_if<Pool2dAttributes>(&op.attributes))
        return Window{a->kernel_h, a->kernel_w, a->stride_h, a->stride_w, 1, 1, a->padding};
    if (op.inputs.size() < 2)
        return std::nullopt;
    const Shape &w = graph.tensor(op.inputs[1]).shape;
    if (const auto *a = std::get_if<Conv2dAttributes>(&op.attributes))
        return Window{w[1],          w[2],          a->stride_h, a->stride_w,
                      a->dilation_h, a->dilation_w, a->padding};
    if (const auto *a = std::get_if<DepthwiseConv2dAttributes>(&op.attributes))
        return Window{w[1],          w[2],          a->stride_h, a->stride_w,
                      a->dilation_h, a->dilation_w, a->padding};
    return std::nullopt;
}

/// True where a convolution of `kernel` over `out` elements gives `in`: engines refuse a transposed
/// one whose extents do not say so.
bool reaches(schema::Padding scheme, int out, int kernel, int stride, int in) {
    const int places = scheme == schema::Padding::SAME ? out : out - kernel + 1;
    return (places + stride - 1) / stride == in;
}

/// The padding of a transposed convolution is that of a convolution over its output.
std::optional<schema::Padding> transposed_scheme(const Graph &graph, const Operator &op) {
    const auto &a = op.as<TransposeConv2dAttributes>();
    const Shape &x = graph.tensor(op.inputs[0]).shape, &w = graph.tensor(op.inputs[1]).shape;
    const Shape &y = graph.tensor(op.outputs[0]).shape;
    const Padding same{.top = same_padding(y[1], w[1], a.stride_h).first,
                       .left = same_padding(y[2], w[2], a.stride_w).first};
    const auto fits = [&](schema::Padding scheme) {
        return reaches(scheme, y[1], w[1], a.stride_h, x[1]) &&
               reaches(scheme, y[2], w[2], a.stride_w, x[2]);
    };
    if (a.padding == same && fits(schema::Padding::SAME))
        return schema::Padding::SAME;
    if (!a.padding.any() && fits(schema::Padding::VALID))
        return schema::Padding::VALID;
    return std::nullopt;
}

/// Readers must be told of the exception only: beside int16 activations biases are int64.
schema::TensorType bias_type(const Graph &graph, const Operator &op) {
    const bool is_int16 = graph.tensor(op.inputs[0]).dtype == DType::s16;
    return is_int16 && has_int32_bias(graph, op) ? schema::TensorType::INT32
                                                 : schema::TensorType::FLOAT32;
}

} // namespace

bool is_strided(const Operator &op) {
    const std::vector<int> &strides = op.as<SliceAttributes>().strides;
    return std::any_of(strides.begin(), strides.end(), [](int stride) { return stride != 1; });
}

std::optional<schema::Padding> padding_scheme(const Graph &graph, const Operator &op) {
    if (op.kind == OpKind::transpose_conv2d)
        return transposed_scheme(graph, op);
    const std::optional<Window> window = window_of(graph, op);
    if (!window || !window->padding.any())
        return schema::Padding::VALID;
    const Shape &x = graph.tensor(op.inputs[0]).shape;
    const auto [top, bottom] =
        same_padding(x[1], window->kernel_h, window->stride_h, window->dilation_h);
    const auto [left, right] =
        same_padding(x[2], window->kernel_w, window->stride_w, window->dilation_w);
    if (window->padding == Padding{top, bottom, left, right})
        return schema::Padding::SAME;
    return std::nullopt;
}

schema::BuiltinOptionsUnion options_of(const Graph &graph, const Operator &op,
                                       schema::Padding padding) {
    const bool is_int16 = graph.tensor(op.inputs.at(0)).dtype == DType::s16;
    schema::BuiltinOptionsUnion result;
    switch (op.kind) {
    case OpKind::conv2d: {
        const auto &a = op.as<Conv2dAttributes>();
        schema::Conv2DOptionsT o;
        o.quantized_bias_type = bias_type(graph, op);
        o.padding = padding;
        o.stride_h = a.stride_h;
        o.stride_w = a.stride_w;
        o.dilation_h_factor = a.dilation_h;
        o.dilation_w_factor = a.dilation_w;
        o.fused_activation_function = activation_of(a.activation);
        result.Set(std::move(o));
        break;
    }
    case OpKind::depthwise_conv2d: {
        const auto &a = op.as<DepthwiseConv2dAttributes>();
        schema::DepthwiseConv2DOptionsT o;
        o.padding = padding;
        o.stride_h = a.stride_h;
        o.stride_w = a.stride_w;
        o.dilation_h_factor = a.dilation_h;
        o.dilation_w_factor = a.dilation_w;
        o.depth_multiplier = a.multiplier;
        o.fused_activation_function = activation_of(a.activation);
        result.Set(std::move(o));
        break;
    }
    case OpKind::average_pool2d:
    case OpKind::max_pool2d: {
        const auto &a = op.as<Pool2dAttributes>();
        schema::Pool2DOptionsT o;
        o.padding = padding;
        o.stride_h = a.stride_h;
        o.stride_w = a.stride_w;
        o.filter_height = a.kernel_h;
        o.filter_width = a.kernel_w;
        o.fused_activation_function = activation_of(a.activation);
        result.Set(std::move(o));
        break;
    }
    case OpKind::fully_connected: {
        const auto &a = op.as<FullyConnectedAttributes>();
        schema::FullyConnectedOptionsT o;
        o.quantized_bias_type = bias_type(graph, op);
        o.keep_num_dims = a.keep_dims;
        o.asymmetric_quantize_inputs = a.dynamic_input == DynamicInput::asymmetric;
        o.fused_activation_function = activation_of(a.activation);
        result.Set(std::move(o));
        break;
    }
    case OpKind::add: {
        schema::AddOptionsT o;
        o.fused_activation_function = activation_of(op.as<AddAttributes>().activation);
        o.pot_scale_int16 = !is_int16;
        result.Set(std::move(o));
        break;
    }
    case OpKind::sub: {
        schema::SubOptionsT o;
        o.fused_activation_function = activation_of(op.as<SubAttributes>().activation);
        o.pot_scale_int16 = !is_int16;
        result.Set(std::move(o));
        break;
    }
    case OpKind::mul: {
        schema::MulOptionsT o;
        o.fused_activation_function = activation_of(op.as<MulAttributes>().activation);
        result.Set(std::move(o));
        break;
    }
    case OpKind::leaky_relu: {
        schema::LeakyReluOptionsT o;
        o.alpha = op.as<LeakyReluAttributes>().alpha;
        result.Set(std::move(o));
        break;
    }
    case OpKind::transpose_conv2d: {
        const auto &a = op.as<TransposeConv2dAttributes>();
        schema::TransposeConvOptionsT o;
        o.quantized_bias_type = bias_type(graph, op);
        o.padding = padding;
        o.stride_h = a.stride_h;
        o.stride_w = a.stride_w;
        o.fused_activation_function = activation_of(a.activation);
        result.Set(std::move(o));
        break;
    }
    case OpKind::resize_bilinear: {
        const auto &a = op.as<ResizeAttributes>();
        schema::ResizeBilinearOptionsT o;
        o.align_corners = a.align_corners;
        o.half_pixel_centers = a.half_pixel_centers;
        result.Set(std::move(o));
        break;
    }
    case OpKind::resize_nearest: {
        const auto &a = op.as<ResizeAttributes>();
        schema::ResizeNearestNeighborOptionsT o;
        o.align_corners = a.align_corners;
        o.half_pixel_centers = a.half_pixel_centers;
        result.Set(std::move(o));
        break;
    }
    case OpKind::minimum:
    case OpKind::maximum:
        result.Set(schema::MaximumMinimumOptionsT{});
        break;
    case OpKind::hard_swish:
        result.Set(schema::HardSwishOptionsT{});
        break;
    case OpKind::slice: // with strides a STRIDED_SLICE
        if (is_strided(op))
            result.Set(schema::StridedSliceOptionsT{});
        else
            result.Set(schema::SliceOptionsT{});
        break;
    case OpKind::mean: {
        schema::ReducerOptionsT o;
        o.keep_dims = op.as<MeanAttributes>().keep_dims;
        result.Set(std::move(o));
        break;
    }
    case OpKind::softmax: {
        schema::SoftmaxOptionsT o;
        o.beta = op.as<SoftmaxAttributes>().beta;
        result.Set(std::move(o));
        break;
    }
    case OpKind::concatenation: {
        const auto &a = op.as<ConcatenationAttributes>();
        schema::ConcatenationOptionsT o;
        o.axis = a.axis;
        o.fused_activation_function = activation_of(a.activation);
        result.Set(std::move(o));
        break;
    }
    case OpKind::reshape: {
        schema::ReshapeOptionsT o;
        o.new_shape = graph.tensor(op.outputs[0]).shape;
        result.Set(std::move(o));
        break;
    }
    case OpKind::squeeze:
        result.Set(schema::SqueezeOptionsT{}); // the writer fills in the axes
        break;
    case OpKind::strided_slice: {
        const auto &a = op.as<StridedSliceAttributes>();
        schema::StridedSliceOptionsT o;
        o.begin_mask = a.begin_mask;
        o.end_mask = a.end_mask;
        o.ellipsis_mask = a.ellipsis_mask;
        o.new_axis_mask = a.new_axis_mask;
        o.shrink_axis_mask = a.shrink_axis_mask;
        result.Set(std::move(o));
        break;
    }
    case OpKind::shape: {
        schema::ShapeOptionsT o;
        o.out_type = tensor_type(graph.tensor(op.outputs[0]).dtype);
        result.Set(std::move(o));
        break;
    }
    case OpKind::pack: {
        schema::PackOptionsT o;
        o.values_count = int(op.inputs.size());
        o.axis = op.as<PackAttributes>().axis;
        result.Set(std::move(o));
        break;
    }
    case OpKind::pad:
        result.Set(schema::PadOptionsT{});
        break;
    case OpKind::transpose:
        result.Set(schema::TransposeOptionsT{});
        break;
    case OpKind::quantize:
        result.Set(schema::QuantizeOptionsT{});
        break;
    case OpKind::dequantize:
        result.Set(schema::DequantizeOptionsT{});
        break;
    case OpKind::logistic:
    case OpKind::prelu:
    case OpKind::tanh:
    case OpKind::relu:
    case OpKind::relu6:
    case OpKind::relu_n1_to_1:
        break; // TFLite has no options for these
    }
    return result;
}

schema::TensorType tensor_type(DType dtype) {
    switch (dtype) {
    case DType::f32:
        return schema::TensorType::FLOAT32;
    case DType::s8:
        return schema::TensorType::INT8;
    case DType::u8:
        return schema::TensorType::UINT8;
    case DType::s16:
        return schema::TensorType::INT16;
    case DType::s32:
        return schema::TensorType::INT32;
    case DType::s64:
        return schema::TensorType::INT64;
    case DType::boolean:
        return schema::TensorType::BOOL;
    }
    throw Error("element type {} is not one of TFLite's; use another", int(dtype));
}

} // namespace octet::tflite
