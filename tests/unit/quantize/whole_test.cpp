// The quantizer as a whole, on networks of odd shapes: what it simulated is what the integers give.
#include "compiler/quantize/debug.h"
#include "compiler/quantize/quantize.h"
#include "compiler/quantize/simulation.h"
#include "compiler/reference/real_values.h"
#include "tests/unit/quantize/float_networks.h"

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

Options quick() {
    Options options;
    options.scheme.calibration = {.method = Method::minmax, .search = false};
    return options;
}

/// A random network up to its scores: the softmax behind them would hide what differs.
Graph scoring_network(uint32_t seed) {
    Graph graph = random_network(seed, DType::f32);
    graph.operators.pop_back();
    graph.outputs = {graph.operators.back().outputs[0]};
    return graph;
}

/// The prepared network with the real values of the integers' weights.
Graph with_chosen_weights(const Quantized &result) {
    Graph graph = result.prepared;
    for (size_t i = 0; i < graph.operators.size(); ++i)
        if (const auto &layer = result.outcome.weights[i]) {
            Operator &op = graph.operators[i];
            set_weight_rows(graph, op, layer->weights.real(weight_rows(graph, op)));
            set_bias(graph, op, layer->bias);
        }
    return graph;
}

/// Each layer, simulated on what the interpreter's integers are before it, is within one step of
/// the interpreter's integers behind it.
void check_layers(const Quantized &result, const Samples &samples, double share_off) {
    size_t layers = 0;
    debug(with_chosen_weights(result), result.graph, samples, DebugMode::float_per_layer,
          [&](const DebugTensor &tensor) {
              ++layers;
              CAPTURE(tensor.layer, tensor.op);
              REQUIRE(tensor.grid.has_value());
              const TensorId id = result.prepared.operators[layers - 1].outputs[0];
              Values simulated = tensor.real;
              fake_quantize(simulated, result.plan.of(id));
              int64_t most = 0, off = 0;
              for (size_t i = 0; i < simulated.size(); ++i) {
                  const auto steps =
                      std::lrint((simulated[i] - tensor.quantized[i]) / tensor.grid->scale);
                  most = std::max<int64_t>(most, std::abs(steps));
                  off += steps != 0;
              }
              CHECK(most <= 1);
              // Rounding differs where a sum lies between two steps, which is rare.
              CHECK(double(off) <= share_off * double(simulated.size()) + 2);
          });
    CHECK(layers == result.prepared.operators.size());
}

double output_sqnr(const Graph &graph, const Quantized &result, const Samples &samples) {
    Noise noise;
    for (int64_t i = 0; i < samples.count; ++i) {
        const Samples one{[&] {
                              std::vector<Values> inputs;
                              for (auto values : samples.slice(i, 1))
                                  inputs.emplace_back(values.begin(), values.end());
                              return inputs;
                          }(),
                          1};
        std::vector<Bytes> reals, stored;
        for (size_t k = 0; k < one.inputs.size(); ++k) {
            reals.push_back(reference::to_stored(graph.tensor(graph.inputs[k]), one.inputs[k]));
            stored.push_back(
                reference::to_stored(result.graph.tensor(result.graph.inputs[k]), one.inputs[k]));
        }
        const auto exact = reference::run(graph, reals);
        const auto found = reference::run(result.graph, stored);
        for (size_t k = 0; k < graph.outputs.size(); ++k) {
            const TensorId a = graph.outputs[k], b = result.graph.outputs[k];
            noise.add(reference::to_real(graph.tensor(a), exact[size_t(a)]),
                      reference::to_real(result.graph.tensor(b), found[size_t(b)]));
        }
    }
    return noise.sqnr();
}

/// Quantizes, and checks layers and outputs. Returns the result for more.
Quantized checked(const Graph &graph, const Options &options, double least_sqnr,
                  double share_off = 0.1) {
    const Samples samples = random_samples(graph, 16);
    Quantized result = quantize::quantize(graph, samples, options);
    const Samples fresh = random_samples(graph, 4, 99);
    check_layers(result, fresh, share_off);
    CHECK(output_sqnr(graph, result, fresh) > least_sqnr);
    CHECK(result.outcome.output_sqnr > least_sqnr);
    return result;
}

} // namespace

TEST_CASE("Random networks compute in integers what was simulated", "[quantize]") {
    for (uint32_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        Options options = quick();
        options.rounding = seed % 2 ? Rounding::reference : Rounding::float32;
        options.correct.equalize = seed % 4 == 0;
        checked(scoring_network(seed), options, 25);
    }
}

TEST_CASE("The simulation's outputs are the interpreter's within some steps", "[quantize]") {
    const Graph graph = scoring_network(3);
    const Samples samples = random_samples(graph, 8);
    const Quantized result = quantize::quantize(graph, samples, quick());
    Simulation simulation(result.prepared, result.plan, result.outcome.weights);
    const Values simulated = simulation.run(samples)[0];
    Values ran;
    debug(result.prepared, result.graph, samples, DebugMode::whole,
          [&](const DebugTensor &tensor) { ran = tensor.quantized; });
    const float step = result.plan.of(result.prepared.outputs[0]).affine.scale;
    REQUIRE(ran.size() == simulated.size());
    for (size_t i = 0; i < ran.size(); ++i)
        CHECK(std::abs(ran[i] - simulated[i]) <= 3 * step);
    // One layer in float changes the outputs, and only for that run.
    const Values without = simulation.run(samples, {}, 0)[0];
    CHECK(without != simulated);
    CHECK(simulation.run(samples)[0] == simulated);
}

TEST_CASE("A channel that never fires and a tensor of zeros do no harm", "[quantize]") {
    RandomGraph g(21);
    const TensorId x = g.input({1, 5, 5, 3}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 4, .activation = Activation::relu});
    const TensorId b = g.conv2d(a, {.channels_out = 4, .kernel_h = 1, .kernel_w = 1});
    const TensorId dead = g.conv2d(x, {.channels_out = 4, .activation = Activation::relu});
    const TensorId c = g.conv2d(dead, {.channels_out = 4, .kernel_h = 1, .kernel_w = 1});
    Graph graph = g.finish({g.add(b, c)});
    std::vector<float> bias = floats_of(graph.tensor(graph.operators[0].inputs[2]));
    bias[1] = -100; // This channel never fires,
    set_floats(graph.tensor(graph.operators[0].inputs[2]), bias);
    set_floats(graph.tensor(graph.operators[2].inputs[2]), {-50, -60, -70, -80}); // nor do these.
    for (bool search : {false, true}) {
        Options options = quick();
        options.scheme.calibration.search = search;
        const Quantized result = checked(graph, options, 25);
        CHECK(std::ranges::any_of(result.notes, [](const std::string &note) {
            return note.find("is 0 on all calibration data") != std::string::npos;
        }));
    }
}

TEST_CASE("Several inputs and outputs, of which one is read again", "[quantize]") {
    RandomGraph g(22);
    const TensorId x = g.input({1, 4, 4, 3}, DType::f32), y = g.input({1, 4, 4, 8}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 8, .same = true});
    const TensorId sum = g.add(a, y);
    const TensorId b = g.conv2d(sum, {.channels_out = 4, .activation = Activation::relu});
    const Graph graph = g.finish({sum, b, a});
    for (Ends ends : {Ends::integer, Ends::real}) {
        Options options = quick();
        options.ends = ends;
        const Quantized result = checked(graph, options, 30);
        REQUIRE(result.graph.outputs.size() == 3);
        for (size_t i = 0; i < 3; ++i)
            CHECK(result.graph.tensor(result.graph.outputs[i]).shape ==
                  graph.tensor(graph.outputs[i]).shape);
    }
}

TEST_CASE("Weights that layers share are chosen for each of them", "[quantize]") {
    RandomGraph g(23);
    const TensorId x = g.input({1, 4, 4, 8}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 8, .same = true});
    const TensorId b = g.conv2d(a, {.channels_out = 8, .same = true});
    Graph graph = g.finish({b});
    graph.operators[1].inputs[1] = graph.operators[0].inputs[1];
    graph.operators[1].inputs[2] = graph.operators[0].inputs[2];
    const Quantized result = checked(graph, quick(), 30);
    CHECK(result.graph.operators[0].inputs[1] != result.graph.operators[1].inputs[1]);
}

TEST_CASE("A tensor that is both operands or has several readers", "[quantize]") {
    RandomGraph g(24);
    const TensorId x = g.input({1, 4, 4, 4}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 4, .same = true});
    const TensorId twice = g.add(a, a);
    const TensorId square = g.mul(a, a);
    const TensorId joined = g.concatenation({a, a}, 3);
    const TensorId b = g.conv2d(joined, {.channels_out = 4, .same = true});
    checked(g.finish({g.add(twice, g.add(square, b))}), quick(), 25);
}

TEST_CASE("Constant operands get grids of their own", "[quantize]") {
    RandomGraph g(25);
    const TensorId x = g.input({1, 4, 4, 4}, DType::f32);
    const TensorId image = g.constant({1, 4, 4, 4}, DType::f32);
    const TensorId sum = g.add(x, image);
    const TensorId scaled = g.mul(sum, g.constant({1, 4, 4, 4}, DType::f32));
    const TensorId bounded = g.compare(OpKind::maximum, scaled, true);
    // The simulation computes with the constants' real values, the integers with those on a grid.
    checked(g.finish({bounded}), quick(), 30, 0.3);
}
