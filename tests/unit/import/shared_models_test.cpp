// Real networks import, check, and have the operators and multiply-accumulates that are known of
// them. Skipped where the folder of shared models is absent.
#include "compiler/import/import.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>

using namespace octet;

namespace {

std::map<std::string, int> histogram(const Graph &graph) {
    std::map<std::string, int> result;
    for (const Operator &op : graph.operators)
        result[std::string(tflite_name_of(op.kind))]++;
    return result;
}

int64_t macs(const Graph &graph) {
    int64_t result = 0;
    for (const Operator &op : graph.operators)
        result += macs(graph, op);
    return result;
}

} // namespace

TEST_CASE("shared networks have the operators and macs of their manifest") {
    const auto folder = test::shared_folder("models");
    if (!folder)
        return;
    const auto manifest = nlohmann::json::parse(std::ifstream(*folder / "manifest.json"));
    REQUIRE(manifest.at("tflite").size() > 0);
    for (const auto &model : manifest.at("tflite")) {
        const std::string name = model.at("name");
        CAPTURE(name);
        const Graph graph = import_model(*folder / (name + ".tflite"));
        CHECK(histogram(graph) == model.at("op_histogram").get<std::map<std::string, int>>());
        CHECK(macs(graph) == model.at("macs").get<int64_t>());
        REQUIRE(graph.inputs.size() == model.at("inputs").size());
        for (size_t i = 0; i < graph.inputs.size(); i++) {
            const Tensor &input = graph.tensor(graph.inputs[i]);
            CHECK(input.shape == model.at("inputs")[i].at("shape").get<Shape>());
            const auto &scale = model.at("inputs")[i].at("scale");
            CHECK(input.quantization.quantized() != scale.is_null());
            if (!scale.is_null())
                CHECK(input.quantization.scale() == scale.get<float>());
        }
    }
}

TEST_CASE("shared layers import as networks of one operator") {
    const auto folder = test::shared_folder("models/layers");
    if (!folder)
        return;
    const auto layers = nlohmann::json::parse(std::ifstream(*folder / "layers.json"));
    REQUIRE(layers.size() > 0);
    for (const auto &layer : layers) {
        const std::string file = layer.at("file");
        CAPTURE(file);
        const Graph graph = import_model(folder->parent_path() / file);
        REQUIRE(graph.operators.size() == 1);
        CHECK(tflite_name_of(graph.operators[0].kind) == layer.at("op").get<std::string>());
    }
}
