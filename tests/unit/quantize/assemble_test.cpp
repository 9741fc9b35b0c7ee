// Assembly: where integers and reals meet, and files that hold the same network.
#include "compiler/export/export.h"
#include "compiler/import/import.h"
#include "compiler/quantize/quantize.h"
#include "tests/unit/quantize/float_networks.h"

#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

Options plain() {
    Options options;
    options.scheme.calibration = {.method = Method::minmax, .search = false};
    options.correct = {.equalize = false, .bias = false, .round = false};
    return options;
}

Graph chain() {
    RandomGraph g(11, "chain");
    const TensorId x = g.input({1, 6, 6, 3}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 8, .activation = Activation::relu});
    const TensorId b = g.depthwise_conv2d(a, {.same = true});
    const TensorId c = g.fully_connected(g.reshape(b, {1, 128}), {.channels_out = 5});
    return g.finish({g.softmax(c)});
}

Graph quantized(const Graph &graph, const Options &options) {
    return quantize::quantize(graph, random_samples(graph, 8), options).graph;
}

DType type_of_output(const Graph &graph, OpKind kind) {
    for (const Operator &op : graph.operators)
        if (op.kind == kind)
            return graph.tensor(op.outputs[0]).dtype;
    FAIL("no " << name_of(kind));
    return {};
}

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / fmt::format("octet-assemble-{}", getpid());
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
};

} // namespace

TEST_CASE("Ends are integers or reals, with one conversion each", "[quantize]") {
    const Graph graph = chain();
    Options options = plain();
    const Graph integer = quantized(graph, options);
    CHECK(integer.tensor(integer.inputs[0]).dtype == DType::s8);
    CHECK(integer.tensor(integer.outputs[0]).dtype == DType::s8);
    CHECK(count_of(integer, OpKind::quantize) + count_of(integer, OpKind::dequantize) == 0);
    CHECK(integer.operators.size() == graph.operators.size());
    options.ends = Ends::real;
    const Graph real = quantized(graph, options);
    CHECK(real.tensor(real.inputs[0]).dtype == DType::f32);
    CHECK(real.tensor(real.outputs[0]).dtype == DType::f32);
    CHECK(real.tensor(real.inputs[0]).name == graph.tensor(graph.inputs[0]).name);
    CHECK(real.tensor(real.outputs[0]).name == graph.tensor(graph.outputs[0]).name);
    CHECK(real.operators.front().kind == OpKind::quantize);
    CHECK(real.operators.back().kind == OpKind::dequantize);
    CHECK(real.operators.size() == graph.operators.size() + 2);
}

TEST_CASE("A float island lies between two conversions", "[quantize]") {
    const Graph graph = chain();
    Options options = plain();
    options.rules.emplace_back().op = "depthwise_conv2d";
    options.rules[0].compute = Compute::float32;
    const Graph island = quantized(graph, options);
    CHECK(type_of_output(island, OpKind::conv2d) == DType::s8);
    CHECK(type_of_output(island, OpKind::depthwise_conv2d) == DType::f32);
    CHECK(type_of_output(island, OpKind::fully_connected) == DType::s8);
    CHECK(count_of(island, OpKind::quantize) == 1);
    CHECK(count_of(island, OpKind::dequantize) == 1);

    options.scheme.compute = Compute::float32;
    options.rules[0].compute = Compute::integer; // The sea is float, the island integer.
    const Graph sea = quantized(graph, options);
    CHECK(sea.tensor(sea.inputs[0]).dtype == DType::f32);
    CHECK(type_of_output(sea, OpKind::conv2d) == DType::f32);
    CHECK(type_of_output(sea, OpKind::depthwise_conv2d) == DType::s8);
    CHECK(count_of(sea, OpKind::quantize) == 1);
    CHECK(count_of(sea, OpKind::dequantize) == 1);
}

TEST_CASE("A probability among other values is rescaled", "[quantize]") {
    RandomGraph g(12);
    const TensorId x = g.input({1, 6}, DType::f32);
    const TensorId scores = g.fully_connected(x, {.channels_out = 6});
    const TensorId odds = g.softmax(scores);
    const Graph graph = g.finish({g.concatenation({scores, odds}, 1)});
    const Graph joined = quantized(graph, plain());
    REQUIRE(count_of(joined, OpKind::quantize) == 1);
    const Operator &last = joined.operators.back();
    REQUIRE(last.kind == OpKind::concatenation);
    const Quantization &grid = joined.tensor(last.outputs[0]).quantization;
    for (TensorId id : last.inputs)
        CHECK(joined.tensor(id).quantization == grid);
    CHECK(grid.scale() > 1.0f / 256); // that of the scores, not of the probabilities
}

TEST_CASE("A bias beyond the weights' grid still fits in 32 bits", "[quantize]") {
    Graph graph = chain();
    Tensor &bias = graph.tensor(graph.operators[0].inputs[2]);
    set_floats(bias, {5e5f, -5e5f, 0, 1, 2e6f, -2e6f, 3, 7e5f});
    const Graph result = quantized(graph, plain());
    const Operator &op = result.operators[0];
    const Tensor &stored = result.tensor(op.inputs[2]);
    const std::span<const int32_t> values = stored.values<int32_t>();
    const std::vector<float> wanted = floats_of(bias);
    for (size_t c = 0; c < values.size(); ++c) {
        CHECK(std::abs(double(values[c])) <= double(1 << 30));
        CHECK(stored.quantization.scales[c] * float(values[c]) ==
              Approx(wanted[c]).epsilon(1e-4).margin(0.01));
    }
}

TEST_CASE("Files of all formats hold the network that was quantized", "[quantize]") {
    const Folder folder;
    for (const char *extension : {".tflite", ".onnx", ".octet"})
        for (Ends ends : {Ends::integer, Ends::real})
            for (const char *weights : {"per-channel", "per-tensor"}) {
                CAPTURE(extension, int(ends), weights);
                Options options = plain();
                options.ends = ends;
                options.scheme.weights = weight_scheme(weights);
                options.rounding =
                    std::string(extension) == ".tflite" ? Rounding::reference : Rounding::float32;
                const Graph graph = quantized(chain(), options);
                const auto file = folder.path / (std::string("net") + extension);
                export_model(graph, file);
                const Graph read = import_model(file);
                REQUIRE(read.inputs.size() == 1);
                for (uint32_t seed : {1u, 2u, 3u}) {
                    const std::vector<Bytes> inputs = random_inputs(graph, seed);
                    CHECK(reference::run(read, inputs).at(size_t(read.outputs[0])) ==
                          reference::run(graph, inputs).at(size_t(graph.outputs[0])));
                }
            }
}
