// Networks for several images at once: what they compute for each image is what the network for one
// computes, and networks that connect images are refused.
#include "compiler/graph/batch.h"
#include "compiler/reference/interpreter.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

/// Runs `graph` on as many images as `batched` takes, one by one, and `batched` on all.
void check_batch(const Graph &graph, const Graph &batched) {
    const int images = images_of(batched);
    std::vector<Bytes> all(graph.inputs.size()), expected(graph.outputs.size());
    for (int image = 0; image < images; ++image) {
        const std::vector<Bytes> inputs = random_inputs(graph, uint32_t(image + 1));
        const std::vector<Bytes> values = reference::run(graph, inputs);
        for (size_t i = 0; i < inputs.size(); ++i)
            all[i].insert(all[i].end(), inputs[i].begin(), inputs[i].end());
        for (size_t i = 0; i < expected.size(); ++i) {
            const Bytes &output = values.at(size_t(graph.outputs[i]));
            expected[i].insert(expected[i].end(), output.begin(), output.end());
        }
    }
    const std::vector<Bytes> values = reference::run(batched, all);
    for (size_t i = 0; i < expected.size(); ++i)
        CHECK(values.at(size_t(batched.outputs[i])) == expected[i]);
}

} // namespace

TEST_CASE("A batch computes for each image what the network for one computes", "[batch]") {
    for (uint32_t seed = 1; seed < 9; ++seed) {
        const Graph graph = random_network(seed);
        INFO("seed " << seed);
        const Graph batched = with_batch(graph, 3);
        REQUIRE(images_of(batched) == 3);
        check_batch(graph, batched);
    }
}

TEST_CASE("Operators that keep images apart are put into batches", "[batch]") {
    RandomGraph g(2);
    const TensorId x = g.input({1, 6, 4, 8});
    const TensorId p = g.pad(x, {{0, 0}, {1, 0}, {0, 2}, {0, 0}});
    const TensorId s = g.slice(p, {0, 1, 0, 0}, {1, 6, 6, 8});
    const TensorId t = g.transpose(s, {0, 2, 1, 3});
    const TensorId c = g.concatenation({t, t}, 3);
    const TensorId sum = g.add(c, g.constant({1, 1, 1, 16}));
    const TensorId prelu = g.prelu(sum);
    const TensorId mean = g.mean(prelu, {1, 2});
    const TensorId rows = g.reshape(prelu, {1, 6 * 6 * 16});
    const TensorId scores = g.fully_connected(rows, {.channels_out = 5});
    const Graph graph = g.finish({mean, g.softmax(scores)});
    check_batch(graph, with_batch(graph, 4));
    CHECK(images_of(graph) == 1);
    const Graph same = with_batch(graph, 1);
    CHECK(same.tensor(same.inputs[0]).shape == Shape{1, 6, 4, 8});
}

TEST_CASE("Networks that connect images are refused by the operator's name", "[batch]") {
    const auto refused = [](const RandomGraph &made, TensorId output, const std::string &reason) {
        RandomGraph g = made;
        Graph graph = g.finish({output});
        INFO(reason);
        CHECK(images_of(graph) == 1);
        check_message(error_of([&] { with_batch(graph, 2); }),
                      {reason, graph.operators.back().name});
    };
    {
        RandomGraph g(3);
        const TensorId x = g.input({1, 4, 4, 8});
        refused(g, g.transpose(x, {1, 0, 2, 3}), "no axis of 1 comes first");
    }
    {
        RandomGraph g(3);
        const TensorId x = g.input({1, 1, 4, 8});
        refused(g, g.transpose(x, {1, 0, 2, 3}), "moves the axis of images");
    }
    {
        RandomGraph g(3);
        const TensorId x = g.input({1, 4, 4, 8});
        refused(g, g.mean(x, {0, 1}, true), "takes the mean over images");
    }
    {
        RandomGraph g(3);
        const TensorId x = g.input({1, 4, 4, 8});
        refused(g, g.reshape(x, {16, 8}), "no axis of 1 comes first");
    }
    {
        RandomGraph g(3);
        const TensorId x = g.input({1, 4, 8});
        refused(g, g.concatenation({x, x}, 0), "no axis of 1 comes first");
    }
    {
        RandomGraph g(3);
        const TensorId x = g.input({1, 4, 8});
        refused(g, g.concatenation({x, g.constant({1, 4, 8})}, 1), "joins a constant");
    }
}

TEST_CASE("A network for several images stays as it is", "[batch]") {
    RandomGraph g(4);
    const Graph graph = g.finish({g.conv2d(g.input({2, 4, 4, 8}), {.channels_out = 8})});
    CHECK(images_of(graph) == 2);
    CHECK(with_batch(graph, 2).tensor(graph.inputs[0]).shape[0] == 2);
    check_message(error_of([&] { with_batch(graph, 4); }), {"for 2 images already"});
}

TEST_CASE("A batch that is too large is refused", "[batch]") {
    RandomGraph g(5);
    const Graph graph = g.finish({g.conv2d(g.input({1, 64, 64, 8}), {.channels_out = 8})});
    check_message(error_of([&] { with_batch(graph, 1 << 15); }), {"2^28"});
}

} // namespace octet::test
