// check() accepts sound graphs and refuses each kind of inconsistency by name.
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"
#include "tests/support/sample_graphs.h"

#include <limits>

using namespace octet;
using namespace octet::test;

namespace {

Graph convolution() {
    RandomGraph g(1, "net");
    const TensorId x = g.input({1, 8, 8, 4});
    return g.finish({g.conv2d(x, {.channels_out = 6, .same = true})});
}

template <typename Build>
Graph single(Shape shape, DType dtype, Build &&build) {
    RandomGraph g(1, "net");
    const TensorId x = g.input(std::move(shape), dtype);
    return g.finish({build(g, x)});
}

/// What check() says of `graph` after `spoil` has changed it.
template <typename Spoil>
std::string spoiled(Graph graph, Spoil &&spoil) {
    REQUIRE_NOTHROW(check(graph));
    spoil(graph);
    return error_of([&] { check(graph); });
}

Tensor &output(Graph &graph) {
    return graph.tensor(graph.outputs[0]);
}
Tensor &weights(Graph &graph) {
    return graph.tensor(graph.operators[0].inputs[1]);
}
Tensor &bias(Graph &graph) {
    return graph.tensor(graph.operators[0].inputs[2]);
}

template <typename T>
T &attributes(Graph &graph) {
    return std::get<T>(graph.operators[0].attributes);
}

} // namespace

TEST_CASE("sample graphs are sound") {
    for (const Graph &graph : sample_graphs()) {
        CAPTURE(graph.name);
        CHECK(error_of([&] { check(graph); }) == "(no error)");
    }
}

TEST_CASE("every operator's output shape is recomputed") {
    for (const Graph &graph : sample_graphs()) {
        if (graph.operators.size() != 1)
            continue;
        CAPTURE(graph.name);
        const std::string message = spoiled(graph, [](Graph &g) { output(g).shape.back() += 1; });
        check_message(message, {graph.source + ": " + graph.operators[0].name, "output"});
    }
}

TEST_CASE("tensors are consistent") {
    using Limits = std::numeric_limits<float>;
    for (float scale : {0.0f, -1.0f, Limits::infinity(), Limits::quiet_NaN()})
        check_message(
            spoiled(convolution(), [&](Graph &g) { output(g).quantization.scales[0] = scale; }),
            {"net: tensor 'conv2d_0'", "scale 0", "finite and above 0"});
    check_message(
        spoiled(convolution(), [](Graph &g) { output(g).quantization.zero_points[0] = 128; }),
        {"zero point 0 is 128", "-128 to 127"});
    check_message(
        spoiled(convolution(), [](Graph &g) { weights(g).quantization.scales.pop_back(); }),
        {"5 scales and 6 zero points"});
    check_message(spoiled(convolution(),
                          [](Graph &g) {
                              weights(g).quantization.scales.pop_back();
                              weights(g).quantization.zero_points.pop_back();
                          }),
                  {"5 scales along axis 0 of 6x3x3x4"});
    check_message(spoiled(convolution(),
                          [](Graph &g) {
                              g.tensor(g.inputs[0]).shape = {1, 1 << 20, 1 << 20, 4};
                          }),
                  {"at most 2^28 elements"});
    check_message(spoiled(convolution(), [](Graph &g) { g.tensor(g.inputs[0]).shape[0] = 0; }),
                  {"every extent must be at least 1"});
    check_message(spoiled(convolution(),
                          [](Graph &g) { weights(g).data = std::make_shared<const Bytes>(5); }),
                  {"it holds 5 bytes", "need 216"});
    check_message(spoiled(convolution(),
                          [](Graph &g) {
                              for (int i = 0; i < 5; i++)
                                  g.tensors.push_back({"large", DType::s8, {1 << 28}, {}, nullptr});
                          }),
                  {"more than 2^30 elements together"});
}

TEST_CASE("the graph is executable in its order") {
    RandomGraph chain(1, "net");
    const TensorId x = chain.input({2, 6});
    const TensorId y = chain.clamp(OpKind::relu, x);
    const Graph two = chain.finish({chain.clamp(OpKind::relu6, y)});
    check_message(spoiled(two, [](Graph &g) { std::swap(g.operators[0], g.operators[1]); }),
                  {"relu6_1 reads 'relu_0' before anything has written it"});
    check_message(spoiled(two, [](Graph &g) { g.operators[1].outputs = g.operators[0].outputs; }),
                  {"relu6_1 writes 'relu_0'"});
    check_message(spoiled(two, [](Graph &g) { g.operators[1].name = "relu_0"; }),
                  {"'relu_0'", "used twice"});
    check_message(spoiled(two, [](Graph &g) { g.outputs = g.inputs; }),
                  {"no operator writes the output 'input_0'"});
    check_message(spoiled(two, [](Graph &g) { g.outputs = {99}; }), {"tensor 99"});
    check_message(spoiled(two, [](Graph &g) { g.outputs.clear(); }), {"no outputs"});
    check_message(spoiled(two, [](Graph &g) { g.operators.clear(); }),
                  {"no operator computes its outputs"});
    check_message(spoiled(two, [](Graph &g) { g.inputs.push_back(g.inputs[0]); }),
                  {"input 'input_0' is listed twice"});
    check_message(spoiled(two, [](Graph &g) { g.operators[0].inputs = {-1}; }),
                  {"relu_0 (RELU)", "input 0 is tensor -1"});
    check_message(spoiled(two, [](Graph &g) { g.operators[0].inputs.clear(); }),
                  {"it has 0 inputs; it needs 1"});
    check_message(spoiled(convolution(), [](Graph &g) { g.inputs = {g.operators[0].inputs[1]}; }),
                  {"is a constant"});
}

TEST_CASE("weights and biases fit their operator") {
    check_message(spoiled(convolution(), [](Graph &g) { weights(g).data = nullptr; }),
                  {"conv2d_0 (CONV_2D)", "weights tensor", "only constants"});
    check_message(spoiled(convolution(), [](Graph &g) { weights(g).quantization = {}; }),
                  {"int8 without a scale"});
    check_message(
        spoiled(convolution(), [](Graph &g) { weights(g).quantization.zero_points[2] = 1; }),
        {"zero point of 1", "symmetric"});
    check_message(spoiled(convolution(),
                          [](Graph &g) {
                              weights(g).shape = {6, 3, 4, 3};
                          }),
                  {"groups"});
    check_message(spoiled(convolution(), [](Graph &g) { bias(g).dtype = DType::f32; }),
                  {"has a scale"});
    check_message(spoiled(convolution(),
                          [](Graph &g) {
                              bias(g).shape = {2, 3};
                              bias(g).quantization = {};
                          }),
                  {"its bias is 2x3", "6"});
    check_message(
        spoiled(convolution(), [](Graph &g) { output(g).quantization.scales[0] = 1e-20f; }),
        {"scales differ by a factor"});
    check_message(spoiled(convolution(),
                          [](Graph &g) {
                              g.tensor(g.inputs[0]).dtype = DType::f32;
                              g.tensor(g.inputs[0]).quantization = {};
                          }),
                  {"of one type"});
    check_message(spoiled(convolution(),
                          [](Graph &g) {
                              for (Tensor *t : {&g.tensor(g.inputs[0]), &output(g)}) {
                                  t->dtype = DType::f32;
                                  t->quantization = {};
                              }
                          }),
                  {"its bias is int32", "float32"});
}

TEST_CASE("attributes are sane") {
    check_message(
        spoiled(convolution(), [](Graph &g) { attributes<Conv2dAttributes>(g).stride_w = 0; }),
        {"stride is 0"});
    check_message(spoiled(convolution(),
                          [](Graph &g) { attributes<Conv2dAttributes>(g).dilation_h = 1 << 30; }),
                  {"dilation is"});
    check_message(spoiled(convolution(),
                          [](Graph &g) { attributes<Conv2dAttributes>(g).padding.bottom = 3; }),
                  {"padding is 1 and 3", "below the kernel's extent 3"});
    check_message(
        spoiled(convolution(), [](Graph &g) { attributes<Conv2dAttributes>(g).groups = 2; }),
        {"2 groups"});
    check_message(
        spoiled(convolution(), [](Graph &g) { g.operators[0].attributes = AddAttributes{}; }),
        {"attributes"});
    const Graph softmax =
        single({2, 5}, DType::s8, [](RandomGraph &g, TensorId x) { return g.softmax(x); });
    check_message(spoiled(softmax, [](Graph &g) { output(g).quantization.scales[0] = 1.0f / 128; }),
                  {"1/256 and -128"});
    check_message(spoiled(softmax, [](Graph &g) { attributes<SoftmaxAttributes>(g).beta = -1; }),
                  {"beta is -1"});
    const Graph transpose = single({2, 3, 5}, DType::f32, [](RandomGraph &g, TensorId x) {
        return g.transpose(x, {2, 0, 1});
    });
    check_message(spoiled(transpose,
                          [](Graph &g) {
                              attributes<TransposeAttributes>(g).permutation = {2, 0, 0};
                          }),
                  {"permutation"});
    const Graph mean = single({2, 3, 5}, DType::s8, [](RandomGraph &g, TensorId x) {
        return g.mean(x, {0, 2});
    });
    for (std::vector<int> axes : {std::vector<int>{2, 0}, {0, 0}, {0, 3}, {-1}})
        check_message(spoiled(mean, [&](Graph &g) { attributes<MeanAttributes>(g).axes = axes; }),
                      {"axes"});
}

TEST_CASE("operators that only move values keep the quantization") {
    const auto other_scale = [](Graph &g) { output(g).quantization.scales[0] *= 1.01f; };
    const auto other_zero_point = [](Graph &g) { output(g).quantization.zero_points[0] -= 1; };
    const auto refuses = [&](auto &&build) {
        const Graph graph = single({1, 4, 4, 2}, DType::s8, build);
        CAPTURE(graph.operators.back().name);
        check_message(spoiled(graph, other_scale), {"must be equal"});
        check_message(spoiled(graph, other_zero_point), {"must be equal"});
    };
    refuses([](RandomGraph &g, TensorId x) { return g.reshape(x, {8, 4}); });
    refuses([](RandomGraph &g, TensorId x) { return g.transpose(x, {0, 2, 1, 3}); });
    refuses([](RandomGraph &g, TensorId x) { return g.squeeze(x); });
    refuses([](RandomGraph &g, TensorId x) { return g.concatenation({x, x}, 1); });
    refuses([](RandomGraph &g, TensorId x) { return g.pad(x, {{0, 0}, {1, 0}, {0, 1}, {0, 0}}); });
    refuses(
        [](RandomGraph &g, TensorId x) { return g.max_pool2d(x, {.kernel_h = 2, .kernel_w = 2}); });
    refuses([](RandomGraph &g, TensorId x) {
        return g.average_pool2d(x, {.kernel_h = 2, .kernel_w = 2});
    });
}

TEST_CASE("addition broadcasts extents of 1 and refuses others") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 4, 4, 3});
    const TensorId row = g.constant({1, 3});
    const Graph graph = g.finish({g.add(x, row)});
    CHECK_NOTHROW(check(graph));
    check_message(spoiled(graph,
                          [&](Graph &broken) {
                              broken.tensor(row).shape = {3, 1};
                          }),
                  {"2x4x4x3 and 3x1"});
}

TEST_CASE("shape arithmetic at run time is refused") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 4}, DType::f32);
    const TensorId y = g.dequantize(g.quantize(x));
    g.append(OpKind::shape, {y}, DType::s32, {2}, {});
    const Graph graph = g.finish({y});
    check_message(error_of([&] { check(graph); }), {"shape_2 (SHAPE)", "at run time only"});
}

TEST_CASE("operands of arithmetic fit their operator") {
    const auto comparison = [] {
        return single({2, 6}, DType::s8, [](RandomGraph &g, TensorId x) {
            return g.compare(OpKind::maximum, x, true);
        });
    };
    check_message(spoiled(comparison(),
                          [](Graph &g) {
                              weights(g).shape = {2};
                              weights(g).data = std::make_shared<const Bytes>(2);
                          }),
                  {"maximum_0 (MAXIMUM)", "its second operand is 2 beside 2x6", "one per channel"});
    check_message(spoiled(comparison(), [](Graph &g) { weights(g).quantization.scales[0] *= 2; }),
                  {"must be equal", "QUANTIZE"});
    check_message(spoiled(comparison(), [](Graph &g) { g.operators[0].inputs[1] = g.inputs[0]; }),
                  {"second operand", "only constants"});
    const auto unary = [](OpKind kind) {
        return single({2, 6}, DType::s8, [kind](RandomGraph &g, TensorId x) {
            return kind == OpKind::tanh         ? g.tanh(x)
                   : kind == OpKind::leaky_relu ? g.leaky_relu(x)
                                                : g.hard_swish(x);
        });
    };
    check_message(
        spoiled(unary(OpKind::tanh), [](Graph &g) { output(g).quantization.scales[0] *= 2; }),
        {"1/128"});
    check_message(spoiled(unary(OpKind::leaky_relu),
                          [](Graph &g) { attributes<LeakyReluAttributes>(g).alpha = -1; }),
                  {"its alpha is -1"});
    check_message(spoiled(unary(OpKind::hard_swish),
                          [](Graph &g) { output(g).quantization.scales[0] /= 1024; }),
                  {"times the output's", "2^7"});
}

TEST_CASE("slices, resizing and transposed convolutions fit their tensors") {
    const auto slice = [] {
        return single({5, 6}, DType::s8, [](RandomGraph &g, TensorId x) {
            return g.slice(x, {1, 0}, {2, 6}, {2, 1});
        });
    };
    check_message(spoiled(slice(), [](Graph &g) { attributes<SliceAttributes>(g).begin[0] = 3; }),
                  {"2 elements of axis 0 from 3 on by 2"});
    check_message(
        spoiled(slice(), [](Graph &g) { attributes<SliceAttributes>(g).strides[0] = -1; }),
        {"from 1 on by -1"});
    check_message(
        spoiled(slice(), [](Graph &g) { attributes<SliceAttributes>(g).begin.pop_back(); }),
        {"it slices 1 axes"});
    const Graph resize = single({1, 2, 3, 4}, DType::s8, [](RandomGraph &g, TensorId x) {
        return g.resize(OpKind::resize_bilinear, x, 4, 6, {.align_corners = true});
    });
    check_message(
        spoiled(resize,
                [](Graph &g) { attributes<ResizeAttributes>(g).half_pixel_centers = true; }),
        {"aligns corners"});
    const Graph transposed = single({1, 2, 3, 4}, DType::s8, [](RandomGraph &g, TensorId x) {
        return g.transpose_conv2d(x, {.stride_h = 2, .stride_w = 2, .same = true});
    });
    check_message(
        spoiled(transposed,
                [](Graph &g) { attributes<TransposeConv2dAttributes>(g).padding.left = 3; }),
        {"its padding is 0, 0, 3 and 0"});
    check_message(
        spoiled(transposed,
                [](Graph &g) { attributes<TransposeConv2dAttributes>(g).padding.bottom = 1; }),
        {"below and on the right 0"});
}
