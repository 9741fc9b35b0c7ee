// Equalization: known ranges give known factors, and outputs stay what they were.
#include "compiler/quantize/equalize.h"

#include "compiler/quantize/weighted.h"
#include "tests/unit/quantize/float_networks.h"

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

Statistics seen(const Graph &graph, const Samples &samples) {
    return observe(graph, FloatExecutor(graph), samples);
}

void set_constant(Graph &graph, TensorId id, const std::vector<float> &values) {
    REQUIRE(graph.tensor(id).elements() == int64_t(values.size()));
    set_floats(graph.tensor(id), values);
}

/// conv 1x1 (2 to 2 channels), activation, conv 1x1 (2 to 2).
Graph two_convolutions(Activation activation) {
    RandomGraph g(3);
    const TensorId x = g.input({1, 3, 3, 2}, DType::f32);
    const TensorId y =
        g.conv2d(x, {.channels_out = 2, .kernel_h = 1, .kernel_w = 1, .activation = activation});
    return g.finish({g.conv2d(y, {.channels_out = 2, .kernel_h = 1, .kernel_w = 1})});
}

} // namespace

TEST_CASE("Weights meet in the middle of both layers' ranges", "[quantize]") {
    Graph graph = two_convolutions(Activation::relu);
    Operator &first = graph.operators[0], &second = graph.operators[1];
    // Row by row: output channel, then input channel.
    set_constant(graph, first.inputs[1], {8, -1, 0.25f, -0.5f});
    set_constant(graph, first.inputs[2], {4, 1});
    set_constant(graph, second.inputs[1], {2, -2, 1, 0.5f});
    const Statistics statistics = seen(graph, random_samples(graph, 4));
    const Graph before = graph;
    CHECK(equalize(graph, statistics, Equalization::weights) == 1);
    // The factors are sqrt(8 / 2) = 2 and sqrt(0.5 / 2) = 0.5.
    CHECK(floats_of(graph.tensor(first.inputs[1])) == std::vector<float>{4, -0.5f, 0.5f, -1});
    CHECK(floats_of(graph.tensor(first.inputs[2])) == std::vector<float>{2, 2});
    CHECK(floats_of(graph.tensor(second.inputs[1])) == std::vector<float>{4, -1, 2, 0.25f});
    check_same_values(before, graph);
}

TEST_CASE("Values between the layers meet the second's weights", "[quantize]") {
    Graph graph = two_convolutions(Activation::none);
    Operator &first = graph.operators[0], &second = graph.operators[1];
    set_constant(graph, first.inputs[1], {1, 1, 1, 1});
    set_constant(graph, first.inputs[2], {0, 0});
    set_constant(graph, second.inputs[1], {4, -1, 1, 0.25f});
    Statistics statistics = seen(graph, random_samples(graph, 4));
    auto &channels = statistics.tensors[size_t(first.outputs[0])]->channels;
    channels.emplace(2);
    channels->add(std::vector<float>{-36, 4, 3, -1});
    CHECK(equalize(graph, statistics, Equalization::activations) == 1);
    // sqrt(36 / 4) = 3 and sqrt(4 / 1) = 2: 36 / 3 = 4 * 3, 4 / 2 = 1 * 2.
    CHECK(floats_of(graph.tensor(second.inputs[1])) == std::vector<float>{12, -2, 3, 0.5f});
    const std::vector<float> made = floats_of(graph.tensor(first.inputs[1]));
    CHECK(made[0] == Approx(1.0 / 3));
    CHECK(made[2] == Approx(0.5));
}

TEST_CASE("Chains of all layers with weights keep their outputs", "[quantize]") {
    for (Equalization how : {Equalization::weights, Equalization::activations})
        for (uint32_t seed : {1u, 2u, 3u}) {
            CAPTURE(to_text(how), seed);
            RandomGraph g(seed);
            const TensorId x = g.input({1, 8, 7, 3}, DType::f32);
            const TensorId a = g.conv2d(x, {.channels_out = 8, .activation = Activation::relu});
            const TensorId b =
                g.depthwise_conv2d(a, {.same = true, .activation = Activation::relu});
            const TensorId c = g.conv2d(b, {.channels_out = 8, .kernel_h = 1, .kernel_w = 1});
            const TensorId d = g.transpose_conv2d(c, {.channels_out = 4, .stride_h = 2});
            const TensorId e = g.fully_connected(d, {.channels_out = 3, .keep_dims = true});
            Graph graph = g.finish({e});
            // Channels of very different size, as batch norms leave them.
            std::vector<float> weights = floats_of(graph.tensor(graph.operators[0].inputs[1]));
            const size_t depth = weights.size() / 8;
            for (size_t i = 0; i < weights.size(); ++i)
                weights[i] *= std::pow(3.0f, float(i / depth) - 4);
            set_floats(graph.tensor(graph.operators[0].inputs[1]), weights);
            const Graph before = graph;
            CHECK(equalize(graph, seen(graph, random_samples(graph, 4)), how) == 4);
            check_same_values(before, graph);
            const Rows rows = weight_rows(graph, graph.operators[0]);
            float least = 1e9f, most = 0;
            for (int k = 0; k < rows.channels; ++k) {
                float reach = 0;
                for (int i = 0; i < rows.depth; ++i)
                    reach = std::max(reach, std::abs(rows.row(k)[i]));
                least = std::min(least, reach), most = std::max(most, reach);
            }
            if (how == Equalization::weights) // of 3^7 before
                CHECK(most / least < 100);
        }
}

TEST_CASE("RELU6 becomes RELU where channels are rescaled, RELU_N1_TO_1 rules that out",
          "[quantize]") {
    Graph graph = two_convolutions(Activation::relu6);
    const Statistics statistics = seen(graph, random_samples(graph, 4));
    const Graph before = graph;
    CHECK(equalize(graph, statistics, Equalization::weights) == 1);
    CHECK(activation_of(graph.operators[0]) == Activation::relu);
    check_same_values(before, graph); // No sum of two inputs below 1 reaches 6.

    Graph narrow = two_convolutions(Activation::relu_n1_to_1);
    const Graph same = narrow;
    CHECK(equalize(narrow, seen(narrow, random_samples(narrow, 4)), Equalization::weights) == 0);
    CHECK(floats_of(narrow.tensor(narrow.operators[0].inputs[1])) ==
          floats_of(same.tensor(same.operators[0].inputs[1])));
}

TEST_CASE("What others read is not rescaled, and dead channels keep their scale", "[quantize]") {
    RandomGraph g(4);
    const TensorId x = g.input({1, 3, 3, 2}, DType::f32);
    const TensorId y = g.conv2d(x, {.channels_out = 2, .kernel_h = 1, .kernel_w = 1});
    const TensorId z = g.conv2d(y, {.channels_out = 2, .kernel_h = 1, .kernel_w = 1});
    Graph twice = g.finish({g.add(y, z)});
    CHECK(equalize(twice, seen(twice, random_samples(twice, 4)), Equalization::weights) == 0);
    Graph shown = g.finish({y, z});
    CHECK(equalize(shown, seen(shown, random_samples(shown, 4)), Equalization::weights) == 0);

    Graph dead = two_convolutions(Activation::relu);
    set_constant(dead, dead.operators[0].inputs[1], {8, -1, 0, 0});
    set_constant(dead, dead.operators[1].inputs[1], {2, -3, 1, 0.5f});
    const Statistics statistics = seen(dead, random_samples(dead, 4));
    CHECK(equalize(dead, statistics, Equalization::weights) == 1);
    CHECK(floats_of(dead.tensor(dead.operators[1].inputs[1])) ==
          std::vector<float>{4, -3, 2, 0.5f});
}
