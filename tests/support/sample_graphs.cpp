#include "tests/support/sample_graphs.h"

#include "tests/support/random_graph.h"

#include <fmt/format.h>

#include <functional>

namespace octet::test {

namespace {

using Build = std::function<TensorId(RandomGraph &, TensorId)>;

struct Sample {
    const char *name;
    Shape input;
    Build build;
};

const std::vector<Sample> &samples() {
    static const std::vector<Sample> list = {
        {"conv2d",
         {1, 7, 6, 5},
         [](RandomGraph &g, TensorId x) { return g.conv2d(x, {.channels_out = 9}); }},
        {"conv2d_same_stride",
         {2, 9, 8, 4},
         [](RandomGraph &g, TensorId x) {
             return g.conv2d(x, {.channels_out = 8,
                                 .stride_h = 2,
                                 .stride_w = 3,
                                 .same = true,
                                 .activation = Activation::relu6});
         }},
        {"conv2d_dilated",
         {1, 12, 11, 3},
         [](RandomGraph &g, TensorId x) {
             return g.conv2d(x, {.dilation_h = 2,
                                 .dilation_w = 3,
                                 .same = true,
                                 .activation = Activation::relu,
                                 .per_channel = false});
         }},
        {"conv2d_groups",
         {1, 6, 6, 8},
         [](RandomGraph &g, TensorId x) { return g.conv2d(x, {.channels_out = 12, .groups = 4}); }},
        {"depthwise",
         {1, 9, 9, 6},
         [](RandomGraph &g, TensorId x) {
             return g.depthwise_conv2d(x, {.same = true, .activation = Activation::relu6});
         }},
        {"depthwise_multiplier",
         {2, 10, 7, 3},
         [](RandomGraph &g, TensorId x) {
             return g.depthwise_conv2d(
                 x, {.multiplier = 4, .kernel_w = 5, .stride_h = 2, .stride_w = 2, .bias = false});
         }},
        {"fully_connected",
         {3, 20},
         [](RandomGraph &g, TensorId x) {
             return g.fully_connected(x, {.channels_out = 7, .activation = Activation::relu});
         }},
        {"fully_connected_keep",
         {2, 5, 12},
         [](RandomGraph &g, TensorId x) {
             return g.fully_connected(x, {.channels_out = 6, .keep_dims = true, .bias = false});
         }},
        {"fully_connected_channels",
         {2, 16},
         [](RandomGraph &g, TensorId x) {
             return g.fully_connected(x, {.channels_out = 8, .per_channel = true});
         }},
        {"add",
         {1, 5, 5, 8},
         [](RandomGraph &g, TensorId x) {
             return g.add(x, g.input(g.tensor(x).shape, g.tensor(x).dtype), Activation::relu);
         }},
        {"sub",
         {1, 5, 5, 8},
         [](RandomGraph &g, TensorId x) {
             return g.sub(x, g.input(g.tensor(x).shape, g.tensor(x).dtype), Activation::relu6);
         }},
        {"mul",
         {1, 5, 5, 8},
         [](RandomGraph &g, TensorId x) {
             return g.mul(x, g.input({1, 1, 1, 8}, g.tensor(x).dtype));
         }},
        {"minimum",
         {2, 3, 3, 5},
         [](RandomGraph &g, TensorId x) { return g.compare(OpKind::minimum, x); }},
        {"maximum",
         {2, 3, 3, 5},
         [](RandomGraph &g, TensorId x) { return g.compare(OpKind::maximum, x, true); }},
        {"prelu", {1, 5, 4, 6}, [](RandomGraph &g, TensorId x) { return g.prelu(x); }},
        {"transpose_conv",
         {1, 4, 5, 6},
         [](RandomGraph &g, TensorId x) {
             return g.transpose_conv2d(x, {.channels_out = 5,
                                           .stride_h = 2,
                                           .stride_w = 2,
                                           .same = true,
                                           .activation = Activation::relu});
         }},
        {"transpose_conv_valid",
         {2, 3, 4, 3},
         [](RandomGraph &g, TensorId x) {
             return g.transpose_conv2d(
                 x, {.kernel_h = 2, .stride_h = 3, .per_channel = false, .bias = false});
         }},
        {"average_pool",
         {1, 9, 8, 5},
         [](RandomGraph &g, TensorId x) {
             return g.average_pool2d(x, {.kernel_h = 3,
                                         .kernel_w = 3,
                                         .stride_h = 2,
                                         .stride_w = 2,
                                         .padding = same_padding(9, 8, 3, 3, 2, 2)});
         }},
        {"max_pool",
         {2, 8, 8, 4},
         [](RandomGraph &g, TensorId x) {
             return g.max_pool2d(x, {.kernel_h = 2, .kernel_w = 3, .stride_h = 2, .stride_w = 1});
         }},
        {"mean",
         {2, 6, 7, 8},
         [](RandomGraph &g, TensorId x) {
             return g.mean(x, {1, 2});
         }},
        {"mean_keep",
         {1, 6, 7, 8},
         [](RandomGraph &g, TensorId x) {
             return g.mean(x, {1, 2}, true);
         }},
        {"softmax", {4, 10}, [](RandomGraph &g, TensorId x) { return g.softmax(x); }},
        {"logistic", {3, 17}, [](RandomGraph &g, TensorId x) { return g.logistic(x); }},
        {"tanh", {3, 17}, [](RandomGraph &g, TensorId x) { return g.tanh(x); }},
        {"hard_swish", {3, 17}, [](RandomGraph &g, TensorId x) { return g.hard_swish(x); }},
        {"leaky_relu", {3, 17}, [](RandomGraph &g, TensorId x) { return g.leaky_relu(x); }},
        {"relu", {3, 17}, [](RandomGraph &g, TensorId x) { return g.clamp(OpKind::relu, x); }},
        {"relu6", {3, 17}, [](RandomGraph &g, TensorId x) { return g.clamp(OpKind::relu6, x); }},
        {"relu_n1_to_1",
         {3, 17},
         [](RandomGraph &g, TensorId x) { return g.clamp(OpKind::relu_n1_to_1, x); }},
        {"concatenation",
         {1, 4, 5, 3},
         [](RandomGraph &g, TensorId x) {
             const TensorId padded = g.pad(x, {{0, 0}, {0, 0}, {0, 0}, {1, 2}});
             return g.concatenation({x, padded}, 3);
         }},
        {"transpose",
         {2, 3, 4, 5},
         [](RandomGraph &g, TensorId x) {
             return g.transpose(x, {0, 3, 1, 2});
         }},
        {"pad",
         {1, 4, 4, 3},
         [](RandomGraph &g, TensorId x) {
             return g.pad(x, {{0, 0}, {1, 2}, {0, 3}, {0, 0}});
         }},
        {"reshape",
         {2, 3, 4},
         [](RandomGraph &g, TensorId x) {
             return g.reshape(x, {6, 4});
         }},
        {"slice",
         {2, 5, 6, 7},
         [](RandomGraph &g, TensorId x) {
             return g.slice(x, {0, 1, 2, 3}, {2, 3, 4, 4});
         }},
        {"slice_strided",
         {1, 5, 6, 7},
         [](RandomGraph &g, TensorId x) {
             return g.slice(x, {0, 1, 0, 0}, {1, 2, 2, 7}, {1, 2, 3, 1});
         }},
        {"resize_nearest",
         {1, 3, 4, 5},
         [](RandomGraph &g, TensorId x) { return g.resize(OpKind::resize_nearest, x, 6, 8); }},
        {"resize_bilinear",
         {1, 3, 4, 5},
         [](RandomGraph &g, TensorId x) {
             return g.resize(OpKind::resize_bilinear, x, 6, 9, {.half_pixel_centers = true});
         }},
        {"squeeze", {2, 1, 1, 5}, [](RandomGraph &g, TensorId x) { return g.squeeze(x); }},
    };
    return list;
}

} // namespace

std::vector<Graph> sample_graphs(uint32_t seed) {
    std::vector<Graph> graphs;
    for (DType dtype : {DType::s8, DType::u8, DType::f32}) {
        for (const Sample &sample : samples()) {
            RandomGraph g(seed, fmt::format("{}_{}", sample.name, name_of(dtype)));
            const TensorId x = g.input(sample.input, dtype);
            graphs.push_back(g.finish({sample.build(g, x)}));
        }
        graphs.push_back(random_network(seed, dtype));
        graphs.back().name = fmt::format("network_{}", name_of(dtype));
    }
    const auto convert = [&](const char *name, DType from, DType to) {
        RandomGraph g(seed, name);
        const TensorId x = g.input({2, 3, 7}, from);
        graphs.push_back(g.finish({to == DType::f32 ? g.dequantize(x) : g.quantize(x, to)}));
    };
    convert("quantize_int8", DType::f32, DType::s8);
    convert("quantize_uint8", DType::f32, DType::u8);
    convert("requantize_int8", DType::s8, DType::s8);
    convert("requantize_uint8_int8", DType::u8, DType::s8);
    convert("requantize_int8_uint8", DType::s8, DType::u8);
    convert("dequantize_int8", DType::s8, DType::f32);
    convert("dequantize_uint8", DType::u8, DType::f32);
    return graphs;
}

} // namespace octet::test
