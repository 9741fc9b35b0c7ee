// Layers that compute on reals beside integer weights: what the quantizer makes of a network.
#include "compiler/quantize/obey.h"
#include "compiler/quantize/quantize.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>

namespace octet::quantize {
namespace {

using namespace test;

/// A convolution, a depthwise one, a transposed one and a fully connected operator.
Graph float_network() {
    RandomGraph g(4, "net");
    TensorId x = g.input({1, 6, 6, 3}, DType::f32);
    x = g.conv2d(x, {.channels_out = 4, .same = true, .activation = Activation::relu});
    x = g.depthwise_conv2d(x, {.same = true});
    x = g.transpose_conv2d(x, {.channels_out = 3, .stride_h = 2, .stride_w = 2, .same = true});
    return g.finish({g.fully_connected(x, {.channels_out = 5})});
}

Quantized quantized(const std::string &compute_word, const std::string &weights) {
    const Graph graph = float_network();
    Samples samples;
    samples.count = 12;
    RandomGraph random(8);
    for (int64_t i = 0; i < samples.count * graph.tensor(graph.inputs[0]).elements(); ++i) {
        if (samples.inputs.empty())
            samples.inputs.emplace_back();
        samples.inputs[0].push_back(random.uniform(-1.0f, 1.0f));
    }
    Options options;
    options.scheme.compute = compute(compute_word);
    options.scheme.weights = weight_scheme(weights);
    return quantize(graph, samples, options);
}

} // namespace

TEST_CASE("Weights only: integers in few bits, reals around them", "[quantize]") {
    const Quantized result = quantized("weight-only", "per-channel,4");
    REQUIRE(result.graph.operators.size() == 4);
    for (const Operator &op : result.graph.operators) {
        CHECK(is_hybrid(result.graph, op));
        CHECK(dynamic_input(op) == DynamicInput::none);
        CHECK(result.graph.tensor(op.inputs[1]).storage.bits == 4);
        CHECK(result.graph.tensor(op.inputs[2]).dtype == DType::f32);
    }
    CHECK(result.outcome.output_sqnr > 15);
}

TEST_CASE("Dynamic range: the kernels and scales that engines have", "[quantize]") {
    for (bool per_channel : {true, false}) {
        const Graph graph = quantized("dynamic", per_channel ? "per-channel" : "per-tensor").graph;
        const DynamicInput of_one_scale =
            per_channel ? DynamicInput::asymmetric : DynamicInput::symmetric;
        const std::vector<Operator> &ops = graph.operators;
        REQUIRE(ops.size() == 4);
        CHECK(dynamic_input(ops[0]) == of_one_scale);
        CHECK(dynamic_input(ops[1]) == DynamicInput::asymmetric);
        CHECK(graph.tensor(ops[1].inputs[1]).quantization.scales.size() == 4);
        CHECK(dynamic_input(ops[2]) == DynamicInput::none); // transposed
        CHECK(is_hybrid(graph, ops[2]));
        CHECK(dynamic_input(ops[3]) == DynamicInput::symmetric);
    }
    check_message(error_of([] { quantized("dynamic", "per-tensor,asymmetric"); }),
                  {"compute 'dynamic'", "must be symmetric"});
}

TEST_CASE("Targets whose kernels read integers refuse both", "[quantize]") {
    for (const char *word : {"weight-only", "dynamic"}) {
        Options options, ruled;
        options.scheme.compute = compute(word);
        ruled.rules.emplace_back().op = "conv2d";
        ruled.rules[0].compute = compute(word);
        Target target;
        target.name = "chip";
        check_message(error_of([&] { obey(options, target); }),
                      {"target chip: compute '", word, "use integer"});
        check_message(error_of([&] { obey(ruled, target); }),
                      {"target chip: rule op 'conv2d': compute '", word});
    }
}

} // namespace octet::quantize
