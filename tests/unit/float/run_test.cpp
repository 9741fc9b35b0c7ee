// What holds for whole runs of the float executor: samples, visitors, constants, refusals.
#include "compiler/support/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"
#include "tests/unit/float/compare_with_reference.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <thread>

namespace octet::test {
namespace {

TEST_CASE("float networks equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < 10; ++seed) {
        INFO("seed " << seed);
        compare_with_reference(random_network(seed, DType::f32), 1 + seed % 4);
    }
}

TEST_CASE("several samples give what each gives alone", "[float]") {
    const Graph graph = random_network(3, DType::f32);
    const FloatExecutor executor(graph, 2);
    const std::vector<Values> inputs = random_samples(graph, 7);
    const Values together = executor.run(views_of(inputs), 7).at(0);
    const size_t in = inputs[0].size() / 7, out = together.size() / 7;
    for (size_t i = 0; i < 7; ++i) {
        const std::span<const float> sample = std::span(inputs[0]).subspan(i * in, in);
        const Values alone = executor.run({sample}, 1).at(0);
        // Each sum has the same order of additions, whatever the samples.
        CHECK(std::equal(alone.begin(), alone.end(), together.begin() + std::ptrdiff_t(i * out)));
    }
}

TEST_CASE("operators with the batch among other axes run sample by sample", "[float]") {
    RandomGraph g(1);
    const TensorId x = g.input({2, 3, 4}, DType::f32);
    const TensorId turned = g.transpose(x, {2, 0, 1});
    const TensorId mean = g.mean(turned, {0}, true);
    const TensorId flat = g.reshape(mean, {6});
    compare_with_reference(g.finish({turned, g.softmax(flat)}), 4);
}

TEST_CASE("a visitor sees every tensor in order, and operators read what it leaves", "[float]") {
    RandomGraph g(1);
    const TensorId x = g.input({1, 4}, DType::f32);
    const TensorId shaped = g.reshape(x, {4});
    const TensorId relu = g.clamp(OpKind::relu, shaped);
    const TensorId sum = g.add(relu, g.reshape(x, {4}));
    const Graph graph = g.finish({sum, x});
    const FloatExecutor executor(graph);
    const Values input{1, -2, 3, -4, 5, 6, -7, 8};
    std::vector<TensorId> seen;
    const auto outputs = executor.run({input}, 2, [&](TensorId id, std::span<float> values) {
        seen.push_back(id);
        REQUIRE(values.size() == 8);
        if (id == shaped) // The other reshape of x must not see this.
            std::fill(values.begin(), values.end(), 10.0f);
        if (id == relu)
            CHECK(values[0] == 10.0f);
    });
    std::vector<TensorId> wanted{x};
    for (const Operator &op : graph.operators)
        wanted.push_back(op.outputs[0]);
    CHECK(seen == wanted);
    CHECK(outputs.at(0) == Values{11, 8, 13, 6, 15, 16, 3, 18});
    CHECK(outputs.at(1) == input);
}

TEST_CASE("a visitor's change of an input stays in the run", "[float]") {
    RandomGraph g(1);
    const TensorId x = g.input({3}, DType::f32);
    const Graph graph = g.finish({g.clamp(OpKind::relu, x)});
    const Values input{1, 2, 3};
    const auto outputs =
        FloatExecutor(graph).run({input}, 1, [&](TensorId id, std::span<float> values) {
            if (id == x)
                values[1] = -5;
        });
    CHECK(outputs.at(0) == Values{1, 0, 3});
    CHECK(input == Values{1, 2, 3});
}

TEST_CASE("execute runs one operator on inputs that are given", "[float]") {
    const Graph graph = random_network(5, DType::f32);
    const FloatExecutor executor(graph, 2);
    const std::vector<Values> inputs = random_samples(graph, 2);
    const auto wanted = reference_values(graph, inputs, 2);
    for (size_t op = 0; op < graph.operators.size(); ++op) {
        INFO(graph.operators[op].name);
        const auto tensor = [&](TensorId id) {
            Values both = wanted[0][size_t(id)];
            both.insert(both.end(), wanted[1][size_t(id)].begin(), wanted[1][size_t(id)].end());
            return both;
        };
        std::vector<Values> given;
        for (TensorId id : graph.operators[op].inputs)
            if (id != no_tensor && !graph.tensor(id).constant())
                given.push_back(tensor(id));
        const Values output = executor.execute(op, views_of(given), 2);
        CHECK(relative_error(output, tensor(graph.operators[op].outputs[0])) < float_tolerance);
    }
}

TEST_CASE("set_constant replaces weights, biases and operands", "[float]") {
    RandomGraph g(1);
    const TensorId x = g.input({1, 6, 6, 5}, DType::f32);
    const TensorId conv = g.conv2d(x, {.channels_out = 19, .same = true});
    const TensorId scale = g.constant({19}, DType::f32);
    const TensorId scaled =
        g.append(OpKind::mul, {conv, scale}, DType::f32, {1, 6, 6, 19}, {}, MulAttributes{});
    Graph graph = g.finish({g.depthwise_conv2d(scaled, {.same = true})});
    FloatExecutor executor(graph, 1);
    Graph changed = graph;
    for (size_t id = 0; id < graph.tensors.size(); ++id) {
        if (!graph.tensors[id].constant())
            continue;
        const auto old = graph.tensors[id].values<float>();
        Values values(old.size());
        for (size_t i = 0; i < values.size(); ++i)
            values[i] = 0.5f * old[i] + 0.01f * float(i % 7);
        executor.set_constant(TensorId(id), values);
        const auto *bytes = reinterpret_cast<const uint8_t *>(values.data());
        changed.tensors[id].data =
            std::make_shared<Bytes>(bytes, bytes + values.size() * sizeof(float));
    }
    const std::vector<Values> inputs = random_samples(graph, 2);
    const Values output = executor.run(views_of(inputs), 2).at(0);
    const auto wanted = reference_values(changed, inputs, 2);
    const std::span<const float> all(output);
    const size_t slab = output.size() / 2;
    const size_t id = size_t(graph.outputs[0]);
    CHECK(relative_error(all.first(slab), wanted[0][id]) < float_tolerance);
    CHECK(relative_error(all.last(slab), wanted[1][id]) < float_tolerance);
    CHECK(relative_error(all.first(slab), reference_values(graph, inputs, 2)[0][id]) > 0.01f);
}

TEST_CASE("executors may be made and run by several threads", "[float]") {
    const Graph graph = random_network(9, DType::f32);
    const std::vector<Values> inputs = random_samples(graph, 3);
    const Values wanted = FloatExecutor(graph, 1).run(views_of(inputs), 3).at(0);
    const FloatExecutor shared(graph, 2);
    std::vector<int> equal(4);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < equal.size(); ++i)
        threads.emplace_back([&, i] {
            const FloatExecutor own(graph, 2);
            equal[i] = own.run(views_of(inputs), 3).at(0) == wanted &&
                       shared.run(views_of(inputs), 3).at(0) == wanted;
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(equal == std::vector<int>{1, 1, 1, 1});
}

TEST_CASE("operators without a float kernel are refused by name, all at once", "[float]") {
    RandomGraph g(1);
    const TensorId x = g.input({1, 4}, DType::f32);
    const TensorId back = g.dequantize(g.quantize(x));
    const Graph graph = g.finish({g.clamp(OpKind::relu, back)});
    try {
        FloatExecutor executor(graph);
        FAIL("quantize was accepted");
    } catch (const Error &error) {
        const std::string message = error.what();
        CHECK(message.find(graph.operators[0].name + " (quantize)") != std::string::npos);
        CHECK(message.find(graph.operators[1].name + " (dequantize)") != std::string::npos);
        CHECK(message.find("(relu)") == std::string::npos);
    }
}

TEST_CASE("wrong sizes are refused", "[float]") {
    const Graph graph = random_network(1, DType::f32);
    FloatExecutor executor(graph);
    const Values few(3);
    CHECK_THROWS_AS(executor.run({few}, 1), UsageError);
    CHECK_THROWS_AS(executor.run({}, 1), UsageError);
    CHECK_THROWS_AS(executor.run({Values{}}, 0), UsageError);
    CHECK_THROWS_AS(executor.execute(0, {few}, 1), UsageError);
    CHECK_THROWS_AS(executor.set_constant(graph.inputs[0], few), UsageError);
}

} // namespace
} // namespace octet::test
