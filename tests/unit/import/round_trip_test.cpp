// Graph -> .tflite -> Graph gives the same graph: every operator, in int8, uint8 and float.
#include "compiler/export/export.h"
#include "compiler/import/tflite/import_tflite.h"
#include "tests/support/compare_graphs.h"
#include "tests/support/random_graph.h"
#include "tests/support/sample_graphs.h"

#include <catch2/catch.hpp>

using namespace octet;
using namespace octet::test;

namespace {

Graph round_trip(const Graph &graph) {
    return tflite::import_tflite(to_tflite(graph), graph.name);
}

bool lacks_bias(const Operator &op) {
    return (op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d) &&
           op.input(2) == no_tensor;
}

} // namespace

TEST_CASE("every sample graph survives the way through a file") {
    for (uint32_t seed : {1u, 2u})
        for (const Graph &graph : sample_graphs(seed)) {
            CAPTURE(graph.name);
            if (lacks_bias(graph.operators[0]))
                continue;
            CHECK(difference(graph, round_trip(graph)) == "");
        }
}

TEST_CASE("a convolution without a bias gets one of zeros") {
    for (DType dtype : {DType::s8, DType::u8, DType::f32})
        for (bool depthwise : {false, true}) {
            RandomGraph g;
            const TensorId x = g.input({1, 6, 6, 4}, dtype);
            Graph graph =
                g.finish({depthwise ? g.depthwise_conv2d(x, {.multiplier = 2, .bias = false})
                                    : g.conv2d(x, {.channels_out = 8, .bias = false})});
            const Graph imported = round_trip(graph);
            const Tensor &bias = imported.tensor(imported.operators[0].input(2));
            CHECK(bias.shape == Shape{8});
            CHECK(*bias.data == Bytes(bias.bytes()));
            // That is the only difference.
            graph.operators[0].inputs = imported.operators[0].inputs;
            graph.tensors.push_back(bias);
            CHECK(difference(graph, imported) == "");
        }
}

TEST_CASE("random networks survive the way through a file") {
    for (uint32_t seed = 1; seed <= 20; seed++) {
        const Graph graph = random_network(seed);
        CAPTURE(seed);
        CHECK(difference(graph, round_trip(graph)) == "");
    }
}

TEST_CASE("asymmetric weights are kept") {
    RandomGraph g;
    const TensorId x = g.input({1, 6, 6, 4});
    const Graph graph = g.finish(
        {g.conv2d(x, {.channels_out = 3, .per_channel = false, .weight_zero_point = -17})});
    const Graph imported = round_trip(graph);
    CHECK(difference(graph, imported) == "");
    CHECK(imported.tensor(imported.operators[0].inputs[1]).quantization.zero_point() == -17);
}

TEST_CASE("an absent bias of a product is kept") {
    RandomGraph g;
    const TensorId x = g.input({2, 6});
    const Graph graph = g.finish({g.fully_connected(x, {.bias = false})});
    const Graph imported = round_trip(graph);
    CHECK(difference(graph, imported) == "");
    CHECK(imported.operators[0].inputs.size() == 3);
    CHECK(imported.operators[0].input(2) == no_tensor);
}

TEST_CASE("several inputs and outputs keep their order") {
    RandomGraph g;
    const TensorId a = g.input({2, 3, 4}), b = g.input({2, 3, 4});
    const TensorId sum = g.add(a, b), flat = g.reshape(b, {6, 4});
    const Graph graph = g.finish({flat, sum});
    const Graph imported = round_trip(graph);
    CHECK(difference(graph, imported) == "");
    CHECK(imported.outputs == std::vector<TensorId>{flat, sum});
}

TEST_CASE("padding that is neither SAME nor VALID becomes an operator PAD") {
    RandomGraph g;
    const TensorId x = g.input({1, 5, 5, 2});
    const Graph graph = g.finish({g.conv2d(x, {.padding = Padding{2, 0, 1, 2}})});
    const Graph imported = round_trip(graph);
    REQUIRE(imported.operators.size() == 2);
    CHECK(imported.operators[0].kind == OpKind::pad);
    CHECK(imported.operators[0].as<PadAttributes>().pads ==
          std::vector<std::pair<int, int>>{{0, 0}, {2, 0}, {1, 2}, {0, 0}});
    CHECK(!imported.operators[1].as<Conv2dAttributes>().padding.any());
    CHECK(imported.tensor(imported.outputs[0]).shape == graph.tensor(graph.outputs[0]).shape);
}

TEST_CASE("SAME is TensorFlow's: the odd element is padded at the end") {
    RandomGraph g;
    const TensorId x = g.input({1, 6, 7, 1});
    const TensorId y =
        g.conv2d(x, {.kernel_h = 3, .kernel_w = 4, .stride_h = 2, .stride_w = 1, .same = true});
    const Graph imported = round_trip(g.finish({y}));
    // Height: 3 outputs, (3 - 1) * 2 + 3 - 6 = 1; width: 7 outputs, 6 + 4 - 7 = 3.
    CHECK(imported.operators[0].as<Conv2dAttributes>().padding == Padding{0, 1, 1, 2});
    CHECK(imported.tensor(imported.outputs[0]).shape == Shape{1, 3, 7, 8});
}
