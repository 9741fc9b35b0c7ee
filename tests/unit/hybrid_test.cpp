// Float activations beside int8 weights: checks, arithmetic in worked numbers, and the way through
// the three formats.
#include "compiler/export/export.h"
#include "compiler/float/float_executor.h"
#include "compiler/import/octet/import_octet.h"
#include "compiler/import/onnx/import_onnx.h"
#include "compiler/import/tflite/import_tflite.h"
#include "compiler/reference/hybrid.h"
#include "compiler/reference/interpreter.h"
#include "tests/support/compare_graphs.h"
#include "tests/support/expect_error.h"
#include "tests/support/hybrid.h"
#include "tests/support/random_graph.h"
#include "tests/support/stored_weights.h"

#include <catch2/catch.hpp>

#include <cstring>

using namespace octet;
using namespace octet::test;

namespace {

using Floats = std::vector<float>;

TensorId add_constant(Graph &graph, Tensor tensor, const void *data) {
    const auto *bytes = static_cast<const uint8_t *>(data);
    tensor.data = std::make_shared<const Bytes>(bytes, bytes + tensor.bytes());
    graph.tensors.push_back(std::move(tensor));
    return TensorId(graph.tensors.size()) - 1;
}

/// A fully connected operator of rows of 3 elements, weights 2 x 3 and a bias.
Graph fully_connected(int rows, DynamicInput dynamic_input) {
    Graph graph;
    graph.name = "net";
    Tensor x, y;
    x.name = "x";
    x.shape = {rows, 3};
    y.name = "y";
    y.shape = {rows, 2};
    graph.tensors = {x, y};
    Tensor weights, bias;
    weights.name = "weights";
    weights.dtype = DType::s8;
    weights.shape = {2, 3};
    weights.quantization = {{0.5f, 0.25f}, {0, 0}, 0};
    bias.name = "bias";
    bias.shape = {2};
    const int8_t stored[] = {2, -4, 6, 1, 0, -8};
    const float offsets[] = {10, -1};
    Operator op;
    op.kind = OpKind::fully_connected;
    op.name = "fc";
    op.inputs = {0, add_constant(graph, weights, stored), add_constant(graph, bias, offsets)};
    op.outputs = {1};
    op.attributes = FullyConnectedAttributes{.dynamic_input = dynamic_input};
    graph.operators = {op};
    graph.inputs = {0};
    graph.outputs = {1};
    check(graph);
    return graph;
}

Floats run(const Graph &graph, const Floats &input) {
    Bytes bytes(input.size() * sizeof(float));
    std::memcpy(bytes.data(), input.data(), bytes.size());
    const Bytes result = reference::run(graph, {bytes}).at(size_t(graph.outputs[0]));
    Floats values(result.size() / sizeof(float));
    std::memcpy(values.data(), result.data(), result.size());
    return values;
}

/// Convolutions of every kind, one behind the other.
Graph float_network() {
    RandomGraph g(3, "net");
    TensorId x = g.input({2, 7, 6, 4}, DType::f32);
    x = g.conv2d(x, {.channels_out = 6, .same = true, .activation = Activation::relu6});
    x = g.depthwise_conv2d(x, {.stride_h = 2, .stride_w = 2, .same = true});
    x = g.conv2d(x, {.channels_out = 4, .groups = 2, .activation = Activation::relu});
    x = g.fully_connected(x, {.channels_out = 5});
    return g.finish({x});
}

Floats random_input(const Graph &graph) {
    RandomGraph random(9);
    Floats values(size_t(graph.tensor(graph.inputs[0]).elements()));
    for (float &value : values)
        value = random.uniform(-2.0f, 3.0f);
    return values;
}

} // namespace

TEST_CASE("weights that are only stored as integers compute as reals") {
    const Graph graph = fully_connected(1, DynamicInput::none);
    // Real weights are (1, -2, 3) and (0.25, 0, -2).
    CHECK(run(graph, {1, 10, 100}) == Floats{291, -200.75f});
}

TEST_CASE("activations become integers on the grid of their own row") {
    const Graph graph = fully_connected(3, DynamicInput::symmetric);
    const Floats y = run(graph, {127, 0, -50.6f, 12.7f, 1.26f, -0.05f, 0, 0, 0});
    // Row 0 has the scale 1 and becomes (127, 0, -51); row 1 has 0.1 and becomes (127, 13, -1),
    // -0.5 away from 0; row 2 is all zeros.
    CHECK(y[0] == 0.5f * (2 * 127 + 6 * -51) + 10);
    CHECK(y[1] == 0.25f * (127 + 8 * 51) - 1);
    CHECK(y[2] == Approx(0.05f * (2 * 127 - 4 * 13 - 6) + 10));
    CHECK(y[3] == Approx(0.025f * (127 + 8) - 1));
    CHECK(y[4] == 10);
    CHECK(y[5] == -1);
}

TEST_CASE("asymmetric grids hold 0 and use all 256 steps") {
    using reference::quantize_row;
    // From 0 to 255: the scale is 1, the zero point -128, and the last is -28.5 before rounding.
    const auto positive = quantize_row(Floats{255, 0.4f, 99.5f}, DynamicInput::asymmetric);
    CHECK(positive.scale == 1);
    CHECK(positive.centered == std::vector<int32_t>{255, 0, 99});
    // From -63.75 to 191.25: a quarter of the grid is negative.
    const auto both = quantize_row(Floats{-63.75f, 191.25f, 1}, DynamicInput::asymmetric);
    CHECK(both.scale == 1);
    CHECK(both.centered == std::vector<int32_t>{-64, 191, 1});
    // All of one sign: the grid still begins at 0.
    const auto negative = quantize_row(Floats{-51, -25.4f}, DynamicInput::asymmetric);
    CHECK(negative.scale == 0.2f);
    CHECK(negative.centered == std::vector<int32_t>{-255, -127});
    CHECK(quantize_row(Floats{0, 0}, DynamicInput::asymmetric).centered ==
          std::vector<int32_t>{0, 0});
}

TEST_CASE("checks of operators between the types") {
    Graph graph = fully_connected(1, DynamicInput::symmetric);
    const auto message_of = [](const Graph &broken) { return error_of([&] { check(broken); }); };
    Tensor &weights = graph.tensor(2);
    const Tensor sound = weights;
    weights.quantization = {{0.5f}, {3}, 0};
    check_message(message_of(graph), {"fc (FULLY_CONNECTED)", "zero point of 3", "run time"});
    graph.operators[0].attributes = FullyConnectedAttributes{};
    CHECK_NOTHROW(check(graph)); // Weights alone may have one.
    weights.quantization = {};
    check_message(message_of(graph), {"int8 without a scale", "float32 or quantized int8"});
    weights = sound;
    weights.shape = {3, 2};
    weights.quantization.axis = 1;
    check_message(message_of(graph), {"along axis 1"});

    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 5}, DType::f32);
    Graph real = g.finish({g.fully_connected(x, {})});
    real.operators[0].attributes =
        FullyConnectedAttributes{.dynamic_input = DynamicInput::asymmetric};
    check_message(message_of(real), {"weights are float32", "must be quantized int8"});
    RandomGraph h(1, "net");
    Graph integer = h.finish({h.fully_connected(h.input({2, 5}), {})});
    integer.operators[0].attributes =
        FullyConnectedAttributes{.dynamic_input = DynamicInput::asymmetric};
    check_message(message_of(integer), {"activations are int8", "only float32"});
}

TEST_CASE("the float executor takes integer weights, but no activations quantized at run time") {
    const Graph graph = with_integer_weights(float_network(), true, DynamicInput::none);
    const Floats input = random_input(graph);
    const FloatExecutor executor(graph);
    const Floats expected = run(graph, input);
    const Floats values = executor.run({input}, 1)[0];
    for (size_t i = 0; i < expected.size(); ++i)
        CHECK(values[i] == Approx(expected[i]).margin(1e-4));
    const Graph dynamic = with_integer_weights(float_network(), true, DynamicInput::asymmetric);
    check_message(error_of([&] { FloatExecutor refused(dynamic); }),
                  {"no float kernel", "conv2d_0"});
}

TEST_CASE("weights alone survive the way through every format") {
    for (bool per_channel : {true, false}) {
        const Graph graph = with_integer_weights(float_network(), per_channel, DynamicInput::none);
        CAPTURE(per_channel);
        CHECK(difference(graph, tflite::import_tflite(to_tflite(graph), "net")) == "");
        CHECK(difference(graph, network::import_octet(to_octet(graph), "net")) == "");
        // ONNX has other names and biases; what is computed is the same.
        const Graph imported = onnx::import_onnx(to_onnx(graph), "net");
        size_t hybrids = 0;
        for (const Operator &op : imported.operators)
            hybrids += is_hybrid(imported, op);
        CHECK(hybrids == 4);
        const Floats input = random_input(graph);
        CHECK(run(imported, input) == run(graph, input));
    }
}

TEST_CASE("activations quantized at run time survive the way through the formats that have them") {
    const auto dynamic = [](bool per_channel, DynamicInput how) {
        return with_integer_weights(float_network(), per_channel, how);
    };
    Graph graph = dynamic(true, DynamicInput::asymmetric);
    for (DynamicInput how : {DynamicInput::symmetric, DynamicInput::asymmetric}) {
        graph.operators.back().attributes = FullyConnectedAttributes{.dynamic_input = how};
        CHECK(difference(graph, tflite::import_tflite(to_tflite(graph), "net")) == "");
        CHECK(difference(graph, network::import_octet(to_octet(graph), "net")) == "");
    }
    RandomGraph g(5, "net");
    const TensorId x = g.input({1, 6, 6, 3}, DType::f32);
    const Graph convolution =
        with_integer_weights(g.finish({g.conv2d(x, {})}), false, DynamicInput::symmetric);
    CHECK(difference(convolution, tflite::import_tflite(to_tflite(convolution), "net")) == "");

    // LiteRT would quantize otherwise than the network says.
    check_message(error_of([&] { to_tflite(dynamic(true, DynamicInput::symmetric)); }),
                  {"conv2d_0: TFLite quantizes"});
    check_message(error_of([&] { to_tflite(dynamic(false, DynamicInput::asymmetric)); }),
                  {"conv2d_0: TFLite quantizes"});
    check_message(error_of([&] { to_onnx(graph); }), {"conv2d_0: ONNX", "write .tflite or .octet"});
}

TEST_CASE("weights in few bits stay so in Octet's own format") {
    for (int codebooks : {0, 1}) {
        Graph graph = with_integer_weights(float_network(), true, DynamicInput::none);
        const size_t plain = to_octet(graph).size();
        for (const Operator &op : graph.operators)
            store_in(graph.tensor(op.inputs[1]), 4, codebooks);
        const Bytes file = to_octet(graph);
        CHECK(file.size() < plain);
        CHECK(difference(graph, network::import_octet(file, "net")) == "");
        // Others get bytes of the same values.
        const Floats input = random_input(graph);
        CHECK(run(tflite::import_tflite(to_tflite(graph), "net"), input) == run(graph, input));
    }
}
