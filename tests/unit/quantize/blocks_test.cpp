// Blocks, rounding by blocks, absorbed biases and analytic bias correction.
#include "compiler/quantize/absorb.h"
#include "compiler/quantize/analytic.h"
#include "compiler/quantize/blocks.h"
#include "compiler/quantize/learn_blocks.h"
#include "compiler/quantize/prepare.h"
#include "compiler/quantize/simulation.h"
#include "tests/unit/quantize/float_networks.h"

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

/// A stem, a residual block, and a head behind a mean.
Graph residual_network() {
    RandomGraph g(3);
    const TensorId x = g.input({1, 8, 8, 3}, DType::f32);
    const TensorId stem =
        g.conv2d(x, {.channels_out = 8, .same = true, .activation = Activation::relu});
    const TensorId a =
        g.conv2d(stem, {.channels_out = 8, .same = true, .activation = Activation::relu});
    const TensorId b = g.conv2d(a, {.channels_out = 8, .same = true});
    const TensorId sum = g.add(b, stem, Activation::relu);
    const TensorId mean = g.mean(sum, {1, 2});
    return g.finish({g.fully_connected(mean, {.channels_out = 5})});
}

Graph prepared(const Graph &graph) {
    std::vector<std::string> notes;
    return prepare(graph, notes);
}

Statistics statistics_of(const Graph &graph, const Samples &samples) {
    return observe(graph, FloatExecutor(graph), samples);
}

/// dB of the quantized network's outputs on samples.
double sqnr(const Graph &graph, const Plan &plan,
            const std::vector<std::optional<LayerWeights>> &layers, const Samples &samples) {
    const auto exact = FloatExecutor(graph).run(samples.slice(0, samples.count), samples.count);
    const auto found = Simulation(graph, plan, layers).run(samples);
    Noise noise;
    for (size_t i = 0; i < exact.size(); ++i)
        noise.add(exact[i], found[i]);
    return noise.sqnr();
}

} // namespace

TEST_CASE("Blocks end where one tensor holds all that is read behind", "[quantize]") {
    const Graph graph = residual_network();
    const std::vector<Block> blocks = find_blocks(graph);
    // The stem and the residual block together have three layers with weights.
    REQUIRE(blocks.size() == 2);
    CHECK(blocks[0].first == 0);
    CHECK(blocks[0].weighted.size() == 3);
    CHECK(blocks[0].inputs == graph.inputs);
    CHECK(blocks[1].inputs == blocks[0].outputs);
    CHECK(blocks[1].last == graph.operators.size());
    CHECK(blocks[1].outputs == graph.outputs);

    RandomGraph g(4);
    TensorId x = g.input({1, 4, 4, 4}, DType::f32);
    for (int i = 0; i < 7; ++i)
        x = g.conv2d(x, {.channels_out = 4, .same = true});
    const std::vector<Block> chain = find_blocks(g.finish({x}));
    REQUIRE(chain.size() == 3);
    CHECK(chain[0].weighted == std::vector<size_t>{0, 1, 2});
    CHECK(chain[2].weighted == std::vector<size_t>{6});
}

TEST_CASE("Tensors that jump over a cut keep operators in one block", "[quantize]") {
    RandomGraph g(4);
    const TensorId x = g.input({1, 4, 4, 4}, DType::f32);
    TensorId y = x;
    for (int i = 0; i < 5; ++i)
        y = g.conv2d(y, {.channels_out = 4, .same = true});
    const Graph graph = g.finish({g.add(y, x)});
    const std::vector<Block> blocks = find_blocks(graph);
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].weighted.size() == 5);
}

TEST_CASE("Rounding by blocks makes the network better on data that it has not seen",
          "[quantize]") {
    const Graph graph = prepared(residual_network());
    const Samples samples = random_samples(graph, 96), others = random_samples(graph, 64, 77);
    Options options;
    options.scheme.weights = weight_scheme("per-channel,3");
    options.scheme.calibration.search = false;
    const Plan plan = make_plan(graph, statistics_of(graph, samples), options);
    auto layers = rounded_layers(graph, plan);
    const std::vector<std::optional<LayerWeights>> nearest = layers;
    size_t calls = 0, last = 0;
    const auto gains = learn_blocks(graph, plan, samples, layers, {.iterations = 300, .batch = 16},
                                    [&](size_t done, size_t total, const std::string &) {
                                        CHECK(done < total);
                                        CHECK(done >= last);
                                        last = done;
                                        ++calls;
                                    });
    CHECK(calls == 600);
    REQUIRE(gains.size() == 2);
    for (const BlockGain &gain : gains)
        CHECK(gain.kept == (gain.after < 0.995 * gain.before));
    CHECK(sqnr(graph, plan, layers, others) > sqnr(graph, plan, nearest, others) + 1);
    // Each weight moved by one level at most, and stays among the levels.
    for (size_t i = 0; i < layers.size(); ++i)
        for (size_t k = 0; layers[i] && k < layers[i]->weights.values.size(); ++k) {
            const int level = layers[i]->weights.values[k];
            CHECK(std::abs(level - nearest[i]->weights.values[k]) <= 1);
            CHECK(std::abs(level) <= 3);
        }
}

TEST_CASE("Rounding by blocks leaves codebooks and few samples alone", "[quantize]") {
    const Graph graph = prepared(residual_network());
    for (int count : {8, 32}) {
        CAPTURE(count);
        const Samples samples = random_samples(graph, count);
        Options options;
        options.scheme.weights = weight_scheme(count == 8 ? "per-channel,4" : "codebook:16");
        options.scheme.calibration.search = false;
        const Plan plan = make_plan(graph, statistics_of(graph, samples), options);
        auto layers = rounded_layers(graph, plan);
        const auto before = layers;
        CHECK(learn_blocks(graph, plan, samples, layers, {.iterations = 5}).empty());
        for (size_t i = 0; i < layers.size(); ++i)
            if (layers[i])
                CHECK(layers[i]->weights.values == before[i]->weights.values);
    }
}

TEST_CASE("Biases that a channel always has move behind it", "[quantize]") {
    for (bool depthwise : {false, true}) {
        CAPTURE(depthwise);
        RandomGraph g(6);
        const TensorId x = g.input({1, 6, 6, 3}, DType::f32);
        const TensorId a = g.conv2d(x, {.channels_out = 4, .activation = Activation::relu});
        const TensorId b = depthwise ? g.depthwise_conv2d(a, {}) : g.conv2d(a, {});
        Graph graph = g.finish({b});
        const TensorId bias = graph.operators[0].inputs[2];
        // Sums of 27 products of numbers in [-1, 1] stay below 27.
        set_floats(graph.tensor(bias), {40.0f, 0.0f, 50.0f, -40.0f});
        const Samples samples = random_samples(graph, 20);
        const Statistics statistics = statistics_of(graph, samples);
        Graph absorbed = graph;
        REQUIRE(absorb_biases(absorbed, statistics) == 2);
        const std::vector<float> left = floats_of(absorbed.tensor(bias));
        const auto &channels = *statistics.of(a).channels;
        CHECK(left[0] == Approx(40.0f - channels.min(0)));
        CHECK(left[1] == 0.0f);
        CHECK(left[2] == Approx(50.0f - channels.min(2)));
        CHECK(left[3] == -40.0f);
        // On the data observed nothing changes, but the channels begin at 0.
        const auto inputs = samples.slice(0, 20);
        const Values before = FloatExecutor(graph).run(inputs, 20)[0];
        const Values after = FloatExecutor(absorbed).run(inputs, 20)[0];
        for (size_t i = 0; i < before.size(); ++i)
            CHECK(after[i] == Approx(before[i]).margin(1e-3));
        CHECK(statistics_of(absorbed, samples).of(a).channels->min(0) == Approx(0).margin(1e-4));
        CHECK(absorb_biases(absorbed, statistics_of(absorbed, samples)) == 0);
    }
}

TEST_CASE("Biases stay in front of padding and of what cuts values off", "[quantize]") {
    for (int form = 0; form < 3; ++form) {
        CAPTURE(form);
        RandomGraph g(6);
        const TensorId x = g.input({1, 6, 6, 3}, DType::f32);
        const Activation activation = form == 1   ? Activation::relu6
                                      : form == 2 ? Activation::none
                                                  : Activation::relu;
        const TensorId a = g.conv2d(x, {.channels_out = 4, .activation = activation});
        Graph graph = g.finish({g.conv2d(a, {.same = form == 0})});
        set_floats(graph.tensor(graph.operators[0].inputs[2]), {40.0f, 40.0f, 40.0f, 40.0f});
        CHECK(absorb_biases(graph, statistics_of(graph, random_samples(graph, 5))) == 0);
    }
}

TEST_CASE("Analytic correction takes the mean of what rounding adds from biases", "[quantize]") {
    for (int form = 0; form < 3; ++form) {
        CAPTURE(form);
        RandomGraph g(8);
        const TensorId x = g.input({1, 5, 5, 4}, DType::f32);
        TensorId y = x;
        if (form == 0)
            y = g.conv2d(x, {.channels_out = 6, .groups = 2});
        else if (form == 1)
            y = g.depthwise_conv2d(x, {.multiplier = 2});
        else
            y = g.fully_connected(x, {.channels_out = 6, .keep_dims = true});
        const Graph graph = prepared(g.finish({y}));
        Samples samples = random_samples(graph, 40);
        for (float &value : samples.inputs[0])
            value += 2.0f; // Means that matter.
        Options options;
        options.scheme.weights = weight_scheme("per-channel,2");
        const Statistics statistics = statistics_of(graph, samples);
        const Plan plan = make_plan(graph, statistics, options);
        auto layers = rounded_layers(graph, plan);
        const auto mean_errors = [&] {
            const Operator &op = graph.operators[0];
            const Rows rows = weight_rows(graph, op);
            FloatExecutor executor(graph);
            const auto inputs = samples.slice(0, samples.count);
            const Values exact = executor.run(inputs, samples.count)[0];
            executor.set_constant(op.inputs[1], from_rows(op, graph.tensor(op.inputs[1]).shape,
                                                          layers[0]->weights.real(rows).values));
            executor.set_constant(op.inputs[2], layers[0]->bias);
            const Values found = executor.run(inputs, samples.count)[0];
            double largest = 0;
            const size_t channels = layers[0]->bias.size();
            for (size_t c = 0; c < channels; ++c) {
                double sum = 0;
                for (size_t i = c; i < exact.size(); i += channels)
                    sum += double(found[i]) - exact[i];
                largest = std::max(largest, std::abs(sum) / double(exact.size() / channels));
            }
            return largest;
        };
        const double before = mean_errors();
        correct_biases(graph, statistics, layers);
        CHECK(before > 0.1);
        CHECK(mean_errors() < before / 5);
    }
}
