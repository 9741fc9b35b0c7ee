#include "bench/gpu/layers.h"

#include "tests/support/random_graph.h"

#include <algorithm>

namespace octet::bench {

namespace {

enum class Kind { convolution, depthwise, fully_connected, addition };

struct Shape {
    const char *name;
    Kind kind;
    int size, channels_in, channels_out;
    int taps = 1, stride = 1;
};

constexpr Shape shapes[] = {
    {"resnet50_conv1_7x7s2", Kind::convolution, 224, 3, 64, 7, 2},
    {"resnet50_56x56_64_64_3x3", Kind::convolution, 56, 64, 64, 3},
    {"resnet50_28x28_128_128_3x3", Kind::convolution, 28, 128, 128, 3},
    {"resnet50_14x14_256_256_3x3", Kind::convolution, 14, 256, 256, 3},
    {"resnet50_7x7_512_512_3x3", Kind::convolution, 7, 512, 512, 3},
    {"resnet50_56x56_64_64", Kind::convolution, 56, 64, 64},
    {"resnet50_56x56_64_256", Kind::convolution, 56, 64, 256},
    {"resnet50_14x14_1024_256", Kind::convolution, 14, 1024, 256},
    {"resnet50_7x7_512_2048", Kind::convolution, 7, 512, 2048},
    {"resnet50_56x56_256_add", Kind::addition, 56, 256, 256},
    {"mobilenetv2_112x112_32_dw", Kind::depthwise, 112, 32, 32, 3},
    {"mobilenetv2_14x14_384_dw", Kind::depthwise, 14, 384, 384, 3},
    {"mobilenetv2_112x112_32_16", Kind::convolution, 112, 32, 16},
    {"mobilenetv2_56x56_24_144", Kind::convolution, 56, 24, 144},
    {"mobilenetv2_14x14_384_64", Kind::convolution, 14, 384, 64},
    {"mobilenetv2_7x7_320_1280", Kind::convolution, 7, 320, 1280},
    {"mobilenetv2_fc_1280_1000", Kind::fully_connected, 1, 1280, 1000},
};

Layer layer(const Shape &shape) {
    test::RandomGraph g(1, shape.name);
    const int out = (shape.size + shape.stride - 1) / shape.stride;
    const MatrixProduct product{int64_t(out) * out, shape.channels_out,
                                int64_t(shape.taps) * shape.taps * shape.channels_in};
    test::ConvolutionOptions options;
    options.channels_out = shape.channels_out;
    options.kernel_h = options.kernel_w = shape.taps;
    options.stride_h = options.stride_w = shape.stride;
    options.same = true;
    if (shape.kind == Kind::fully_connected) {
        const TensorId x = g.input({1, shape.channels_in});
        return {g.finish({g.fully_connected(x, {.channels_out = shape.channels_out})}), product};
    }
    const TensorId x = g.input({1, shape.size, shape.size, shape.channels_in});
    switch (shape.kind) {
    case Kind::depthwise:
        return {g.finish({g.depthwise_conv2d(x, options)}), {}};
    case Kind::addition:
        return {g.finish({g.add(x, g.input(g.tensor(x).shape))}), {}};
    default:
        return {g.finish({g.conv2d(x, options)}), product};
    }
}

} // namespace

std::vector<Layer> layers(const std::vector<std::string> &only) {
    std::vector<Layer> result;
    for (const Shape &shape : shapes)
        if (only.empty() || std::ranges::any_of(only, [&](const std::string &part) {
                return std::string(shape.name).find(part) != std::string::npos;
            }))
            result.push_back(layer(shape));
    return result;
}

} // namespace octet::bench
