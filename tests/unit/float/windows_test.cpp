// Convolutions, pools and fully connected operators of the float executor on random shapes.
#include "tests/support/random_graph.h"
#include "tests/unit/float/compare_with_reference.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

constexpr int cases = 40;

Activation random_activation(RandomGraph &g) {
    return Activation(g.uniform(0, 3));
}

/// Kernel, stride, dilation and padding that fit into height x width.
ConvolutionOptions random_window(RandomGraph &g) {
    ConvolutionOptions o;
    o.kernel_h = g.uniform(1, 4);
    o.kernel_w = g.uniform(1, 4);
    o.stride_h = g.uniform(1, 3);
    o.stride_w = g.uniform(1, 3);
    o.dilation_h = g.uniform(1, 2);
    o.dilation_w = g.uniform(1, 2);
    // Every window must reach the image.
    o.padding = {g.uniform(0, o.kernel_h - 1), g.uniform(0, o.kernel_h - 1),
                 g.uniform(0, o.kernel_w - 1), g.uniform(0, o.kernel_w - 1)};
    o.same = g.uniform(0, 1) == 1;
    o.activation = random_activation(g);
    return o;
}

TEST_CASE("float convolutions equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        ConvolutionOptions o = random_window(g);
        o.groups = seed % 4 == 0 ? g.uniform(2, 3) : 1;
        o.channels_out = o.groups * g.uniform(1, 40);
        const Shape in{g.uniform(1, 2), g.uniform(7, 14), g.uniform(7, 14),
                       o.groups * g.uniform(1, 20)};
        compare_with_reference(g.finish({g.conv2d(g.input(in, DType::f32), o)}));
    }
}

TEST_CASE("float convolutions of large images are cut into parts", "[float]") {
    RandomGraph g(1);
    const TensorId x = g.input({1, 61, 67, 24}, DType::f32);
    const TensorId strided =
        g.conv2d(x, {.channels_out = 33, .stride_h = 2, .stride_w = 2, .same = true});
    const TensorId pointwise = g.conv2d(x, {.channels_out = 70, .kernel_h = 1, .kernel_w = 1});
    const TensorId depthwise = g.depthwise_conv2d(x, {.same = true});
    const TensorId pooled =
        g.average_pool2d(x, {.kernel_h = 5, .kernel_w = 3, .padding = Padding{2, 2, 1, 1}});
    compare_with_reference(g.finish({strided, pointwise, depthwise, pooled}), 1);
}

TEST_CASE("float depthwise convolutions equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        ConvolutionOptions o = random_window(g);
        o.multiplier = seed % 4 == 0 ? g.uniform(2, 3) : 1;
        const Shape in{g.uniform(1, 2), g.uniform(7, 14), g.uniform(7, 14),
                       seed % 5 == 0 ? 32 * g.uniform(1, 2) : g.uniform(1, 70)};
        compare_with_reference(g.finish({g.depthwise_conv2d(g.input(in, DType::f32), o)}));
    }
}

TEST_CASE("float transposed convolutions equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        const int kernel_h = g.uniform(1, 4), kernel_w = g.uniform(1, 4);
        TransposeConv2dAttributes a;
        a.stride_h = g.uniform(1, 3);
        a.stride_w = g.uniform(1, 3);
        a.padding = {g.uniform(0, kernel_h - 1), 0, g.uniform(0, kernel_w - 1), 0};
        a.activation = random_activation(g);
        const Shape in{g.uniform(1, 2), g.uniform(2, 9), g.uniform(2, 9), g.uniform(1, 20)};
        const int channels = g.uniform(1, 40);
        const Shape out{in[0], (in[1] - 1) * a.stride_h + kernel_h - a.padding.top,
                        (in[2] - 1) * a.stride_w + kernel_w - a.padding.left, channels};
        const TensorId x = g.input(in, DType::f32);
        const TensorId weights = g.constant({channels, kernel_h, kernel_w, in[3]}, DType::f32);
        const TensorId bias = g.constant({channels}, DType::f32);
        compare_with_reference(g.finish(
            {g.append(OpKind::transpose_conv2d, {x, weights, bias}, DType::f32, out, {}, a)}));
    }
}

TEST_CASE("float fully connected operators equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        FullyConnectedOptions o;
        o.channels_out = g.uniform(1, 200);
        o.keep_dims = seed % 3 == 0;
        o.activation = random_activation(g);
        o.bias = seed % 4 != 0;
        const TensorId x =
            g.input({g.uniform(1, 3), g.uniform(1, 9), g.uniform(1, 90)}, DType::f32);
        const Graph graph = g.finish({g.fully_connected(x, o)});
        compare_with_reference(graph, 1);
        compare_with_reference(graph, 5);
    }
}

TEST_CASE("float pools equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        Pool2dAttributes a;
        a.kernel_h = g.uniform(1, 4);
        a.kernel_w = g.uniform(1, 4);
        a.stride_h = g.uniform(1, 3);
        a.stride_w = g.uniform(1, 3);
        a.padding = {g.uniform(0, a.kernel_h - 1), g.uniform(0, a.kernel_h - 1),
                     g.uniform(0, a.kernel_w - 1), g.uniform(0, a.kernel_w - 1)};
        a.activation = random_activation(g);
        const TensorId x = g.input({g.uniform(1, 2), g.uniform(5, 14), g.uniform(5, 14),
                                    seed % 5 == 0 ? 64 : g.uniform(1, 70)},
                                   DType::f32);
        compare_with_reference(g.finish({g.average_pool2d(x, a), g.max_pool2d(x, a)}));
    }
}

} // namespace
} // namespace octet::test
