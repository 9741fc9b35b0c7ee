// --batch: networks for one image compiled, run and verified for several; octet bench where an
// interpreter runs the kernels.
#include "compiler/reference/interpreter.h"
#include "compiler/support/npy.h"
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace octet::test {
namespace {

Graph classifier() {
    RandomGraph g(5, "classifier");
    const TensorId x = g.input({1, 5, 4, 8});
    const TensorId y = g.conv2d(x, {.channels_out = 8, .activation = Activation::relu});
    return g.finish({g.fully_connected(g.reshape(y, {1, 48}), {.channels_out = 7})});
}

nlohmann::json read_json(const std::filesystem::path &file) {
    std::ifstream stream(file);
    return nlohmann::json::parse(stream);
}

} // namespace

TEST_CASE("Any number of samples runs through a batch", "[cli]") {
    const Workplace here;
    const Graph graph = classifier();
    here.write_model(graph, "net");
    for (const int samples : {1, 6, 8}) {
        Array array{DType::s8, {samples, 5, 4, 8}, {}};
        Bytes expected;
        for (int i = 0; i < samples; ++i) {
            const std::vector<Bytes> one = random_inputs(graph, uint32_t(i + 1));
            const Bytes output = reference::run(graph, one).at(size_t(graph.outputs[0]));
            array.data.insert(array.data.end(), one[0].begin(), one[0].end());
            expected.insert(expected.end(), output.begin(), output.end());
        }
        const NpyFile file{here / "x.npy", &array};
        write_npy({&file, 1});
        const Outcome outcome = here.octet("run net.tflite --batch 4 --input x.npy --output y.npy");
        INFO(outcome.err);
        REQUIRE(outcome.exit_code == 0);
        const Array result = read_npy(here / "y.npy");
        CHECK(result.shape == Shape{samples, 7});
        CHECK(result.data == expected);
    }
}

TEST_CASE("A batch is compiled and verified", "[cli]") {
    const Workplace here;
    here.write_model(classifier(), "net");
    const Outcome compiled = here.octet("compile net.tflite --batch 3 -o out");
    INFO(compiled.err);
    REQUIRE(compiled.exit_code == 0);
    const auto manifest = read_json(here / "out/manifest.json");
    CHECK(manifest["inputs"][0]["shape"] == nlohmann::json({3, 5, 4, 8}));
    CHECK(manifest["outputs"][0]["shape"] == nlohmann::json({3, 7}));
    const Outcome verified = here.octet("verify net.tflite --batch 3 --cases 1");
    CHECK(verified.exit_code == 0);
    CHECK_THAT(verified.out, Catch::Contains("0 mismatches in "));
    check_refused(here.octet("bench out/net.octet --batch 3"), 2, "chosen when it was compiled");
}

TEST_CASE("A network that connects images has no batches", "[cli]") {
    const Workplace here;
    RandomGraph g(1, "turned");
    here.write_model(g.finish({g.transpose(g.input({1, 4, 4, 8}), {1, 0, 2, 3})}), "turned");
    check_refused(here.octet("verify turned.tflite --batch 2"), 2, "operator transpose_0");
}

TEST_CASE("Without a card bench counts and times nothing", "[cli]") {
    const Workplace here;
    here.write_model(classifier(), "net");
    const Outcome outcome =
        here.octet("bench net.tflite --target cuda-sm61 --batch 2 --json n.json");
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
    if (outcome.err.find("an interpreter runs the kernels") == std::string::npos)
        return; // A card is here, and was timed.
    CHECK_THAT(outcome.out, Catch::Contains("counts of the interpreter, no times") &&
                                !Catch::Contains(" us") && !Catch::Contains("GMAC/s"));
    const auto json = read_json(here / "n.json");
    CHECK(json["images"] == 2);
    CHECK_FALSE(json.contains("total_seconds_min"));
    uint64_t launches = 0, dot = 0;
    for (const auto &layer : json["layers"]) {
        launches += layer["launches"].get<uint64_t>();
        dot += layer["dot"].get<uint64_t>();
        CHECK(layer["instructions"] > 0);
        CHECK(layer["stored_bytes"] > 0);
    }
    CHECK(json["total"]["launches"] == launches);
    CHECK(launches >= json["layers"].size());
    // Each dp4a of a warp makes at most 32 times 4 products.
    CHECK(dot * 32 * 4 >= 2 * (48 * 7 + 3 * 2 * 8 * 72));
}

} // namespace octet::test
