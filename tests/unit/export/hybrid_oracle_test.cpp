// What LiteRT and ONNX Runtime compute of exported networks of float activations and int8 weights.
// Sums of activations that became int8 are exact, so LiteRT's reference kernels must give the same
// floats, bit for bit; sums of floats may be ordered as engines like.
#include "tests/oracle/oracle.h"
#include "tests/support/hybrid.h"
#include "tests/support/random_graph.h"

#include "compiler/reference/interpreter.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

using namespace octet;
using namespace octet::test;

namespace {

using Build = TensorId (*)(RandomGraph &, TensorId);

/// One operator on a batch of two images; a fully connected one sees them as rows of 8 elements.
Graph network(const std::string &name, Build build, bool per_channel, DynamicInput dynamic_input) {
    RandomGraph g(uint32_t(name.size()), name);
    const TensorId x = g.input({2, 9, 7, 8}, DType::f32);
    return with_integer_weights(g.finish({build(g, x)}), per_channel, dynamic_input);
}

TensorId conv2d(RandomGraph &g, TensorId x) {
    return g.conv2d(x, {.channels_out = 6, .same = true, .activation = Activation::relu6});
}
TensorId strided(RandomGraph &g, TensorId x) {
    return g.conv2d(x, {.channels_out = 5, .stride_h = 2, .stride_w = 2, .bias = false});
}
TensorId grouped(RandomGraph &g, TensorId x) {
    return g.conv2d(x, {.channels_out = 6, .groups = 2, .same = true});
}
TensorId depthwise(RandomGraph &g, TensorId x) {
    return g.depthwise_conv2d(x, {.multiplier = 2, .same = true, .activation = Activation::relu});
}
TensorId fully_connected(RandomGraph &g, TensorId x) {
    return g.fully_connected(x, {.channels_out = 11, .activation = Activation::relu});
}
TensorId transposed(RandomGraph &g, TensorId x) {
    return g.transpose_conv2d(x, {.channels_out = 4, .stride_h = 2, .stride_w = 2, .same = true});
}

std::vector<OracleCase> with_inputs(std::vector<Graph> graphs) {
    std::vector<OracleCase> cases;
    for (Graph &graph : graphs) {
        RandomGraph random(7);
        std::vector<float> values(size_t(graph.tensor(graph.inputs[0]).elements()));
        for (float &value : values)
            value = random.uniform(-1.0f, 2.5f);
        Bytes bytes(values.size() * sizeof(float));
        std::memcpy(bytes.data(), values.data(), bytes.size());
        cases.push_back({std::move(graph), {std::move(bytes)}});
    }
    return cases;
}

/// The largest difference, relative to values above 1.
float difference(const Bytes &ours, const Bytes &theirs) {
    REQUIRE(ours.size() == theirs.size());
    float largest = 0;
    for (size_t i = 0; i < ours.size(); i += sizeof(float)) {
        float a = 0, b = 0;
        std::memcpy(&a, &ours[i], sizeof a);
        std::memcpy(&b, &theirs[i], sizeof b);
        largest = std::max(largest, std::abs(a - b) / std::max(1.0f, std::abs(a)));
    }
    return largest;
}

void check_engine(const std::string &engine, std::vector<Graph> graphs, float tolerance) {
    const std::vector<OracleCase> cases = with_inputs(std::move(graphs));
    const auto answers = ask_oracle(engine, cases);
    for (size_t i = 0; answers && i < cases.size(); ++i) {
        const Graph &graph = cases[i].graph;
        INFO(engine << " " << graph.name);
        REQUIRE((*answers)[i].error == "");
        const std::vector<Bytes> values = reference::run(graph, cases[i].inputs);
        CHECK(difference(values[size_t(graph.outputs[0])], (*answers)[i].outputs.at(0)) <=
              tolerance);
    }
}

std::vector<Graph> weights_only() {
    std::vector<Graph> graphs;
    for (bool per_channel : {true, false}) {
        const std::string how = per_channel ? "_pc" : "_pt";
        const auto add = [&](const std::string &name, Build build) {
            graphs.push_back(network(name + how, build, per_channel, DynamicInput::none));
        };
        add("conv2d", conv2d);
        add("strided", strided);
        add("grouped", grouped);
        add("depthwise", depthwise);
        add("fully_connected", fully_connected);
        add("transposed", transposed);
    }
    return graphs;
}

} // namespace

TEST_CASE("LiteRT's reference kernels quantize activations at run time as the reference does") {
    constexpr auto symmetric = DynamicInput::symmetric, asymmetric = DynamicInput::asymmetric;
    check_engine("reference",
                 {network("conv2d_pc", conv2d, true, asymmetric),
                  network("conv2d_pt", conv2d, false, symmetric),
                  network("strided_pc", strided, true, asymmetric),
                  network("strided_pt", strided, false, symmetric),
                  network("grouped", grouped, true, asymmetric),
                  network("depthwise", depthwise, true, asymmetric),
                  network("rows_pt", fully_connected, false, symmetric),
                  network("rows_pc", fully_connected, true, symmetric),
                  network("rows_pt_asymmetric", fully_connected, false, asymmetric),
                  network("rows_pc_asymmetric", fully_connected, true, asymmetric)},
                 0);
}

TEST_CASE("LiteRT and ONNX Runtime dequantize weights in front of float operators") {
    check_engine("reference", weights_only(), 1e-5f);
    std::vector<Graph> convolutions = weights_only(), rows = convolutions;
    const auto is_product = [](const Graph &graph) {
        return graph.operators[0].kind == OpKind::fully_connected;
    };
    std::erase_if(convolutions, is_product);
    std::erase_if(rows, [&](const Graph &graph) { return !is_product(graph); });
    check_engine("onnx", convolutions, 1e-5f);
    // ONNX Runtime draws weights and product together into a kernel that rounds activations, too.
    check_engine("onnx", rows, 0.02f);
}
