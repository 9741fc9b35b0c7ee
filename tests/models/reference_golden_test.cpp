// The reference interpreter on real networks and on their layers one by one, against outputs that
// LiteRT's reference kernels gave (the shared folder of models; skipped where it is absent).
#include "compiler/import/import.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/npy.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet::test {
namespace {

namespace fs = std::filesystem;

/// Runs the network of `model` on the arrays <prefix>input<i>.npy and returns its first output.
Bytes interpret(const Graph &graph, const std::string &prefix) {
    std::vector<Bytes> inputs;
    for (size_t i = 0; i < graph.inputs.size(); ++i)
        inputs.push_back(read_npy(fmt::format("{}input{}.npy", prefix, i)).data);
    std::vector<Bytes> values = reference::run(graph, inputs);
    return values.at(size_t(graph.outputs.front()));
}

size_t differing_bytes(const Bytes &a, const Bytes &b) {
    REQUIRE(a.size() == b.size());
    size_t count = 0;
    for (size_t i = 0; i < a.size(); ++i)
        count += a[i] != b[i];
    return count;
}

/// Largest difference of two float arrays over the largest magnitude of the second.
float relative_error(const Bytes &ours, const Bytes &theirs) {
    REQUIRE(ours.size() == theirs.size());
    float error = 0, magnitude = 0;
    for (size_t at = 0; at < ours.size(); at += sizeof(float)) {
        float a = 0, b = 0;
        std::memcpy(&a, &ours[at], sizeof(float));
        std::memcpy(&b, &theirs[at], sizeof(float));
        error = std::max(error, std::abs(a - b));
        magnitude = std::max(magnitude, std::abs(b));
    }
    return error / magnitude;
}

TEST_CASE("networks equal their golden outputs", "[reference][shared]") {
    const auto models = shared_folder("models");
    if (!models)
        return;
    // Sums of floats in another order differ by a few units in the last place per layer.
    constexpr float float_tolerance = 1e-5f;
    size_t compared = 0;
    for (const fs::directory_entry &network : fs::directory_iterator(*models / "golden")) {
        const std::string name = network.path().filename();
        const Graph graph = import_model(*models / (name + ".tflite"));
        for (int i = 0; fs::exists(network.path() / fmt::format("case{}_input0.npy", i)); ++i) {
            const std::string prefix = network.path() / fmt::format("case{}_", i);
            INFO(prefix);
            const Array golden = read_npy(prefix + "output0.npy");
            const Bytes ours = interpret(graph, prefix);
            if (golden.dtype == DType::f32)
                CHECK(relative_error(ours, golden.data) < float_tolerance);
            else
                CHECK(differing_bytes(ours, golden.data) == 0);
            ++compared;
        }
    }
    CHECK(compared > 0);
}

TEST_CASE("layers equal their golden outputs", "[reference][shared]") {
    const auto layers = shared_folder("models/layers");
    if (!layers)
        return;
    size_t compared = 0;
    for (const fs::directory_entry &file : fs::recursive_directory_iterator(*layers)) {
        if (file.path().extension() != ".tflite")
            continue;
        fs::path prefix = file.path();
        prefix.replace_extension(".");
        INFO(file.path());
        const Bytes golden = read_npy(prefix.string() + "output0.npy").data;
        CHECK(differing_bytes(interpret(import_model(file.path()), prefix), golden) == 0);
        ++compared;
    }
    CHECK(compared > 0);
}

} // namespace
} // namespace octet::test
