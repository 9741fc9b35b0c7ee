// Small graphs with random constants, for tests: one operator or a chain of them.
//
//     RandomGraph g(seed);
//     const TensorId x = g.input({1, 8, 8, 16});
//     const Graph graph = g.finish({g.conv2d(x, {.channels_out = 32, .same = true})});
//
// Every method appends one operator and returns its output. Operators follow the type of their
// input: int8, uint8 or int16 inputs give quantized operators whose output scales spread the
// results over the range without saturating most of them, float inputs give float operators. The
// same seed and calls give the same graph.
#pragma once

#include "compiler/graph/graph.h"

#include <random>

namespace octet::test {

/// SAME padding by TensorFlow's formula: what remains is split evenly, the odd one at the end.
Padding same_padding(int height, int width, int kernel_h, int kernel_w, int stride_h, int stride_w,
                     int dilation_h = 1, int dilation_w = 1);

/// Options of conv2d and depthwise_conv2d. `same` computes the padding and overrides it.
struct ConvolutionOptions {
    int channels_out = 8; ///< conv2d only
    int multiplier = 1;   ///< depthwise_conv2d only
    int kernel_h = 3, kernel_w = 3;
    int stride_h = 1, stride_w = 1;
    int dilation_h = 1, dilation_w = 1;
    int groups = 1; ///< conv2d only
    bool same = false;
    Padding padding = {};
    Activation activation = Activation::none;
    bool per_channel = true;   ///< of int8 inputs; TFLite has uint8 per tensor only
    int weight_zero_point = 0; ///< per tensor only
    bool bias = true;
    bool int32_bias = false; ///< of int16 inputs, whose biases are int64
};

struct FullyConnectedOptions {
    int channels_out = 8;
    bool keep_dims = false;
    Activation activation = Activation::none;
    bool per_channel = false;  ///< of int8 inputs
    int weight_zero_point = 0; ///< per tensor only
    bool bias = true;
    bool int32_bias = false; ///< of int16 inputs
};

class RandomGraph {
public:
    explicit RandomGraph(uint32_t seed = 1, const std::string &name = "random");

    /// A graph input; quantized types get a random zero point.
    TensorId input(Shape shape, DType dtype = DType::s8);
    /// A constant of uniform values over the type's range.
    TensorId constant(Shape shape, DType dtype = DType::s8);

    TensorId conv2d(TensorId x, const ConvolutionOptions &options);
    TensorId depthwise_conv2d(TensorId x, const ConvolutionOptions &options);
    /// `same` makes the output stride times the input, else it is as large as windows reach.
    TensorId transpose_conv2d(TensorId x, const ConvolutionOptions &options);
    TensorId fully_connected(TensorId x, const FullyConnectedOptions &options);
    TensorId add(TensorId a, TensorId b, Activation activation = Activation::none);
    TensorId sub(TensorId a, TensorId b, Activation activation = Activation::none);
    TensorId mul(TensorId a, TensorId b, Activation activation = Activation::none);
    /// OpKind::minimum or maximum with a constant of x's quantization: one per channel or one
    /// value.
    TensorId compare(OpKind kind, TensorId x, bool per_channel = false);
    TensorId prelu(TensorId x);
    TensorId average_pool2d(TensorId x, const Pool2dAttributes &attributes);
    TensorId max_pool2d(TensorId x, const Pool2dAttributes &attributes);
    TensorId mean(TensorId x, std::vector<int> axes, bool keep_dims = false);
    TensorId softmax(TensorId x, float beta = 1.0f);
    TensorId logistic(TensorId x);
    TensorId tanh(TensorId x);
    TensorId hard_swish(TensorId x);
    TensorId leaky_relu(TensorId x, float alpha = 0.1f);
    /// OpKind::relu, relu6 or relu_n1_to_1 as an operator of its own.
    TensorId clamp(OpKind kind, TensorId x);
    /// Quantized inputs must have equal quantization, as average_pool2d and the like keep it.
    TensorId concatenation(const std::vector<TensorId> &inputs, int axis);
    TensorId transpose(TensorId x, std::vector<int> permutation);
    TensorId pad(TensorId x, std::vector<std::pair<int, int>> pads);
    TensorId reshape(TensorId x, Shape shape);
    /// `shape` elements from begin on; without strides, neighbours.
    TensorId slice(TensorId x, std::vector<int> begin, Shape shape, std::vector<int> strides = {});
    /// OpKind::resize_bilinear or resize_nearest.
    TensorId resize(OpKind kind, TensorId x, int height, int width,
                    const ResizeAttributes &attributes = {});
    /// Removes every extent of 1 but the first.
    TensorId squeeze(TensorId x);
    /// From float, or from one quantization to another.
    TensorId quantize(TensorId x, DType dtype = DType::s8);
    TensorId dequantize(TensorId x);

    /// Appends an operator with an output of that type, shape and quantization.
    TensorId append(OpKind kind, std::vector<TensorId> inputs, DType dtype, Shape shape,
                    Quantization quantization, Attributes attributes = {});

    const Tensor &tensor(TensorId id) const { return graph_.tensor(id); }
    Graph finish(std::vector<TensorId> outputs);

    int uniform(int low, int high); ///< inclusive
    float uniform(float low, float high);

private:
    // A uniform int8 value has this standard deviation; sums of K products of two have sqrt(K) *
    // 74^2.
    static constexpr float int8_deviation = 74.0f;
    // Three standard deviations of an output's steps stay inside int8.
    static constexpr float output_deviation = 40.0f;

    static bool quantized(DType dtype) {
        return dtype == DType::s8 || dtype == DType::u8 || dtype == DType::s16;
    }
    /// Steps of a type for one of int8: 256 of int16.
    static float fineness(DType dtype) { return dtype == DType::s16 ? 256.0f : 1.0f; }

    struct Weights {
        TensorId weights, bias;
        float scale; ///< mean scale of the weights, 1 for float
    };
    TensorId add_tensor(Tensor tensor);
    template <typename T>
    TensorId add_constant(DType dtype, Shape shape, const std::vector<T> &values, Quantization q);
    Weights make_weights(const Tensor &x, const Shape &shape, int axis, bool per_channel,
                         int zero_point, bool bias, bool int32_bias);
    Quantization product_quantization(const Tensor &x, float weight_scale, int64_t depth);
    Quantization random_quantization(DType dtype, float scale);
    /// Of probabilities: what all engines expect.
    static Quantization probability_quantization(DType dtype);
    TensorId append_sum(OpKind kind, TensorId a, TensorId b, Attributes attributes);

    Graph graph_;
    std::mt19937 random_;
};

/// Random elements for every graph input, in order: uniform over the type's range, floats in [-1,
/// 1].
std::vector<Bytes> random_inputs(const Graph &graph, uint32_t seed = 1);

/// A small network over most operators: convolutions, a residual addition, pooling, a classifier.
Graph random_network(uint32_t seed, DType dtype = DType::s8);

} // namespace octet::test
