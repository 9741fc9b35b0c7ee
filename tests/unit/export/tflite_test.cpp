// What LiteRT and TensorFlow Lite Micro make of exported networks: they load every one of them, and
// the reference kernels of both compute what the reference interpreter computes, bit for bit where
// the network is quantized. (tests/operators/reference_oracle_test.cpp does so for single
// operators.)
#include "compiler/export/export.h"
#include "compiler/export/tflite/model.h"
#include "compiler/import/import.h"
#include "compiler/import/tflite/import_tflite.h"
#include "compiler/reference/interpreter.h"
#include "tests/oracle/oracle.h"
#include "tests/support/compare_graphs.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"
#include "tests/support/sample_graphs.h"
#include "tests/support/shared.h"
#include "tests/support/stored_weights.h"

#include <cmath>
#include <map>

using namespace octet;
using namespace octet::test;

namespace {

/// int8 at the ends, with a float operator inside; and the other way round.
Graph float_island() {
    RandomGraph g(11, "float_island");
    const TensorId x = g.input({1, 8, 8, 4});
    const TensorId y = g.dequantize(g.conv2d(x, {.channels_out = 6, .same = true}));
    const TensorId z = g.conv2d(y, {.channels_out = 5, .padding = {1, 2, 0, 1}});
    return g.finish({g.mean(g.quantize(z), {1, 2})});
}

Graph float_ends(DType dtype) {
    RandomGraph g(12, "float_ends");
    const TensorId x = g.quantize(g.input({2, 9, 9, 3}, DType::f32), dtype);
    const TensorId y = g.conv2d(x, {.channels_out = 8, .stride_h = 2, .stride_w = 2, .same = true});
    const TensorId z = g.reshape(g.max_pool2d(y, {.kernel_h = 5, .kernel_w = 5}), {2, 8});
    return g.finish({g.dequantize(g.fully_connected(z, {.channels_out = 4}))});
}

/// Padding that TFLite has no word for: (1, 1) where SAME is (0, 1).
Graph padded(DType dtype) {
    RandomGraph g(13, std::string("padded_") + std::string(name_of(dtype)));
    const TensorId x = g.input({1, 8, 8, 4}, dtype);
    const TensorId y =
        g.conv2d(x, {.channels_out = 4, .stride_h = 2, .stride_w = 2, .padding = {1, 1, 1, 1}});
    return g.finish({g.max_pool2d(
        y, {.kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2, .padding = {1, 1, 1, 1}})});
}

Graph few_bits() {
    RandomGraph g(14, "few_bits");
    const TensorId x = g.input({2, 40});
    Graph graph = g.finish({g.fully_connected(x, {.channels_out = 12, .per_channel = true})});
    store_in(graph.tensor(graph.operators[0].inputs[1]), 4, 3);
    return graph;
}

Graph without_biases(DType dtype) {
    RandomGraph g(15, std::string("without_biases_") + std::string(name_of(dtype)));
    const TensorId x = g.input({1, 8, 8, 4}, dtype);
    const TensorId y = g.depthwise_conv2d(g.conv2d(x, {.bias = false}), {.bias = false});
    return g.finish({g.fully_connected(g.reshape(y, {1, 128}), {.bias = false})});
}

std::vector<Graph> mixed_graphs() {
    std::vector<Graph> graphs = {float_island(),
                                 float_ends(DType::s8),
                                 float_ends(DType::u8),
                                 padded(DType::s8),
                                 padded(DType::u8),
                                 padded(DType::f32),
                                 few_bits(),
                                 without_biases(DType::s8),
                                 without_biases(DType::u8),
                                 without_biases(DType::f32)};
    for (uint32_t seed = 1; seed <= 4; seed++)
        for (DType dtype : {DType::s8, DType::u8, DType::f32})
            graphs.push_back(random_network(seed, dtype));
    return graphs;
}

/// Bit for bit, or nearly so for real numbers, whose additions engines order as they like.
bool agree(const Tensor &tensor, const Bytes &ours, const Bytes &theirs) {
    if (tensor.dtype != DType::f32)
        return ours == theirs;
    if (ours.size() != theirs.size())
        return false;
    for (size_t i = 0; i < ours.size(); i += sizeof(float)) {
        const float a = *reinterpret_cast<const float *>(&ours[i]);
        const float b = *reinterpret_cast<const float *>(&theirs[i]);
        if (std::abs(a - b) > 1e-4f * std::max(1.0f, std::abs(a)))
            return false;
    }
    return true;
}

void check_engine(const std::string &engine, Rounding rounding, std::vector<OracleCase> cases) {
    for (OracleCase &c : cases)
        c.graph.set_rounding(rounding);
    const auto answers = ask_oracle(engine, cases);
    for (size_t i = 0; answers && i < cases.size(); i++) {
        const Graph &graph = cases[i].graph;
        INFO(engine << " " << graph.name);
        REQUIRE((*answers)[i].error == "");
        const std::vector<Bytes> values = reference::run(graph, cases[i].inputs);
        for (size_t k = 0; k < graph.outputs.size(); k++)
            CHECK(agree(graph.tensor(graph.outputs[k]), values[size_t(graph.outputs[k])],
                        (*answers)[i].outputs.at(k)));
    }
}

} // namespace

TEST_CASE("LiteRT's reference kernels compute what the reference computes") {
    std::vector<OracleCase> cases;
    for (const Graph &graph : mixed_graphs())
        cases.push_back({graph, random_inputs(graph)});
    check_engine("reference", Rounding::reference, cases);
}

TEST_CASE("TensorFlow Lite Micro computes what the reference computes in micro rounding") {
    std::vector<OracleCase> cases;
    for (const Graph &graph : {float_ends(DType::s8), padded(DType::s8), few_bits()})
        cases.push_back({graph, random_inputs(graph)});
    for (uint32_t seed = 1; seed <= 4; seed++)
        cases.push_back({random_network(seed), random_inputs(random_network(seed), seed)});
    check_engine("micro", Rounding::micro, cases);
}

TEST_CASE("LiteRT as it comes loads and runs every sample") {
    std::vector<OracleCase> cases;
    for (const Graph &graph : sample_graphs())
        cases.push_back({graph, random_inputs(graph)});
    for (const Graph &graph : mixed_graphs())
        cases.push_back({graph, random_inputs(graph)});
    const auto answers = ask_oracle("default", cases);
    for (size_t i = 0; answers && i < cases.size(); i++) {
        INFO(cases[i].graph.name);
        CHECK((*answers)[i].error == "");
    }
}

TEST_CASE("shared networks are the same after the way out and back, for LiteRT too") {
    const auto folder = shared_folder("models");
    if (!folder)
        return;
    std::vector<OracleCase> cases;
    for (const auto &entry : std::filesystem::directory_iterator(*folder)) {
        if (entry.path().extension() != ".tflite")
            continue;
        CAPTURE(entry.path().string());
        const Graph graph = import_model(entry.path());
        CHECK(difference(graph, tflite::import_tflite(to_tflite(graph), graph.name)) == "");
        cases.push_back({graph, random_inputs(graph)});
    }
    CHECK(cases.size() > 5);
    check_engine("reference", Rounding::reference, cases);
}

TEST_CASE("weights in few bits are int8 values in a .tflite file") {
    const Graph graph = few_bits();
    const Graph imported = tflite::import_tflite(to_tflite(graph), "net");
    const TensorId weights = graph.operators[0].inputs[1];
    CHECK(imported.tensor(weights).dtype == DType::s8);
    CHECK(*imported.tensor(weights).data == *graph.tensor(weights).data);
    CHECK(imported.tensor(weights).storage.plain());
}

TEST_CASE("operators have the least version that will do, and names are kept") {
    RandomGraph g(1, "versions");
    const TensorId x = g.input({1, 6, 6, 4}), f = g.input({1, 6, 6, 4}, DType::f32);
    const TensorId y = g.conv2d(x, {.channels_out = 4, .same = true});
    const Graph graph =
        g.finish({g.add(g.conv2d(y, {.channels_out = 4, .groups = 2, .same = true}), y),
                  g.depthwise_conv2d(f, {.dilation_h = 2, .dilation_w = 2}), g.conv2d(f, {})});
    const tflite::schema::ModelT model = tflite::to_model(graph);
    std::map<std::pair<std::string, int>, int> uses;
    for (const auto &op : model.subgraphs.at(0)->operators) {
        const auto &code = *model.operator_codes.at(op->opcode_index);
        uses[{tflite::schema::EnumNameBuiltinOperator(code.builtin_code), code.version}]++;
    }
    CHECK(uses == std::map<std::pair<std::string, int>, int>{{{"CONV_2D", 3}, 1},
                                                             {{"CONV_2D", 6}, 1},
                                                             {{"CONV_2D", 1}, 1},
                                                             {{"ADD", 2}, 1},
                                                             {{"DEPTHWISE_CONV_2D", 2}, 1}});
    CHECK(model.description == "versions, written by Octet");
    for (size_t i = 0; i < graph.tensors.size(); i++)
        CHECK(model.subgraphs.at(0)->tensors.at(i)->name == graph.tensors[i].name);
}

TEST_CASE("an average over padding that TFLite has no word for is refused by name") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({1, 8, 8, 4});
    const Graph graph = g.finish({g.average_pool2d(
        x, {.kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2, .padding = {1, 1, 1, 1}})});
    check_message(error_of([&] { to_tflite(graph); }),
                  {"average_pool2d_0: TFLite cannot express its padding", "write .onnx"});
}

TEST_CASE("the extension says the format, and a file appears whole or not at all") {
    const auto folder = std::filesystem::temp_directory_path() / "octet_export_test";
    std::filesystem::create_directories(folder);
    const Graph graph = random_network(1);
    for (const char *extension : {".tflite", ".octet"}) {
        export_model(graph, folder / (std::string("net") + extension));
        CHECK(difference(graph, import_model(folder / (std::string("net") + extension))) == "");
    }
    check_message(error_of([&] { export_model(graph, folder / "net.pb"); }),
                  {"net.pb: ", "use .tflite, .onnx or .octet"});
    CHECK_THROWS_AS(export_model(graph, folder / "absent" / "net.octet"), Error);
    CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 2);
    std::filesystem::remove_all(folder);
}
