// Activations of 16 bits: what is written, how near it comes, and what does not have them.
#include "compiler/graph/check_operator.h"
#include "compiler/quantize/quantize.h"
#include "compiler/reference/real_values.h"
#include "tests/support/expect_error.h"
#include "tests/unit/quantize/float_networks.h"

using namespace octet;
using namespace octet::quantize;
using octet::test::check_message;
using octet::test::error_of;
using octet::test::random_samples;
using octet::test::RandomGraph;

namespace {

/// A logistic gate, a sum and a classifier; with a hard swish, which has no 16-bit form.
Graph float_network(bool swish) {
    RandomGraph g(5, "net");
    TensorId x = g.input({1, 8, 8, 4}, DType::f32);
    x = g.conv2d(x, {.channels_out = 16, .same = true, .activation = Activation::relu});
    x = g.mul(x, g.logistic(g.conv2d(x, {.channels_out = 16, .same = true})));
    x = g.add(x, g.depthwise_conv2d(x, {.same = true}));
    if (swish)
        x = g.hard_swish(x);
    x = g.mean(x, {1, 2});
    return g.finish({g.softmax(g.fully_connected(x, {.channels_out = 10}))});
}

Options of(const std::string &activations) {
    Options options;
    options.scheme.weights = weight_scheme("per-channel,8");
    options.scheme.activations = activation_scheme(activations);
    options.scheme.calibration = calibration("minmax");
    options.correct = corrections("none");
    return options;
}

/// What the interpreter makes of the samples against the float network, in dB.
double sqnr(const Graph &graph, const Graph &exact, const Samples &samples) {
    Noise noise;
    const Tensor &input = graph.tensor(graph.inputs[0]);
    const Tensor &output = graph.tensor(graph.outputs[0]);
    for (int64_t i = 0; i < samples.count; ++i) {
        const std::span<const float> one = samples.slice(i, 1)[0];
        const auto *bytes = reinterpret_cast<const uint8_t *>(one.data());
        const std::vector<Bytes> real = {Bytes(bytes, bytes + one.size_bytes())};
        const std::vector<Bytes> values = reference::run(graph, {reference::to_stored(input, one)});
        noise.add(octet::test::reference_outputs(exact, real),
                  reference::to_real(output, values.at(size_t(graph.outputs[0]))));
    }
    return noise.sqnr();
}

} // namespace

TEST_CASE("Activations of 16 bits lose only what the weights lose", "[int16]") {
    const Graph graph = float_network(false);
    const Samples samples = random_samples(graph, 16);
    const Quantized wide = quantize::quantize(graph, samples, of("symmetric,16"));
    const Quantized narrow = quantize::quantize(graph, samples, of("asymmetric"));
    for (const Operator &op : wide.graph.operators) {
        INFO(op.name);
        CHECK(wide.graph.tensor(op.outputs[0]).dtype == DType::s16);
        if (op.input(2) != no_tensor)
            CHECK(wide.graph.tensor(op.inputs[2]).dtype == DType::s64);
        if (op.kind == OpKind::logistic || op.kind == OpKind::softmax)
            CHECK(wide.graph.tensor(op.outputs[0]).quantization == Quantization{{0x1p-15f}, {0}});
    }
    const double of_wide = sqnr(wide.graph, graph, samples);
    const double of_narrow = sqnr(narrow.graph, graph, samples);
    INFO(of_wide << " and " << of_narrow << " dB");
    CHECK(of_wide > of_narrow + 3);
    // The simulation in floats foresees it.
    CHECK(of_wide == Approx(wide.outcome.output_sqnr).margin(1));
}

TEST_CASE("Rules mix both widths, with a QUANTIZE between", "[int16]") {
    const Graph graph = float_network(false);
    const Samples samples = random_samples(graph, 16);
    Options options = of("asymmetric");
    Rule rule;
    rule.op = "depthwise_conv2d";
    rule.activations = activation_scheme("symmetric,16");
    options.rules.push_back(rule);
    const Graph mixed = quantize::quantize(graph, samples, options).graph;
    int conversions = 0, wide = 0;
    for (const Operator &op : mixed.operators) {
        conversions += op.kind == OpKind::quantize;
        wide += op.kind == OpKind::depthwise_conv2d &&
                mixed.tensor(op.inputs[0]).dtype == DType::s16 &&
                mixed.tensor(op.outputs[0]).dtype == DType::s16;
    }
    CHECK(conversions == 2); // in front of it and behind
    CHECK(wide == 1);
    CHECK(sqnr(mixed, graph, samples) > 20);
}

TEST_CASE("What engines do not have for 16 bits stays float", "[int16]") {
    const Graph graph = float_network(true);
    const Quantized result =
        quantize::quantize(graph, random_samples(graph, 8), of("symmetric,16"));
    for (const Operator &op : result.graph.operators)
        if (op.kind == OpKind::hard_swish)
            CHECK(result.graph.tensor(op.outputs[0]).dtype == DType::f32);
    CHECK(std::ranges::any_of(result.plan.notes, [](const std::string &note) {
        return note.find("(HARD_SWISH) stays float") != std::string::npos;
    }));
}

TEST_CASE("16 bits are symmetric and signed", "[int16]") {
    CHECK(to_text(activation_scheme("symmetric,16")) == "symmetric,16,signed");
    CHECK(to_text(activation_scheme("16")) == "symmetric,16,signed");
    CHECK(to_text(activation_scheme("pow2,16")) == "pow2,16,signed");
    for (const char *text : {"asymmetric,16", "16,unsigned"})
        check_message(error_of([&] { activation_scheme(text); }), {text, "use symmetric,16"});
}
