// What ONNX Runtime, with all its graph optimizations, makes of exported networks: outputs equal to
// the reference interpreter's but for rounding, and integer kernels where there are quantized
// operators.
//
// Why there is a tolerance: where a product or a sum lies between two stored values to within the
// rounding of single precision, the two may store neighbours, because they multiply and divide in
// another order; averages of few bytes and interpolations lie there often. A step more can come
// from each operator that reads it, and softmax enlarges steps. Real numbers differ by the order of
// additions.
#include "compiler/export/export.h"
#include "compiler/import/import.h"
#include "compiler/import/onnx/import_onnx.h"
#include "compiler/reference/interpreter.h"
#include "tests/oracle/oracle.h"
#include "tests/support/random_graph.h"
#include "tests/support/sample_graphs.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace octet;
using namespace octet::test;

namespace {

struct Difference {
    int64_t elements = 0, differing = 0;
    double largest = 0; ///< in steps of quantized outputs, of reals relative to the largest one
};

Difference compare(const Tensor &tensor, const Bytes &a, const Bytes &b) {
    Difference d;
    d.elements = tensor.elements();
    REQUIRE(a.size() == tensor.bytes());
    REQUIRE(b.size() == tensor.bytes());
    if (tensor.dtype != DType::f32) {
        for (size_t i = 0; i < a.size(); i++) {
            const int steps =
                tensor.dtype == DType::s8 ? int8_t(a[i]) - int8_t(b[i]) : int(a[i]) - int(b[i]);
            d.differing += steps != 0;
            d.largest = std::max<double>(d.largest, std::abs(steps));
        }
        return d;
    }
    double magnitude = 1e-6;
    for (int64_t i = 0; i < d.elements; i++) {
        float x, y;
        std::memcpy(&x, &a[size_t(i) * 4], 4);
        std::memcpy(&y, &b[size_t(i) * 4], 4);
        magnitude = std::max<double>(magnitude, std::abs(x));
        d.differing += std::abs(x - y) > 1e-5f;
        d.largest = std::max<double>(d.largest, std::abs(x - y));
    }
    d.largest /= magnitude;
    return d;
}

/// Runs an engine on the cases and compares with the reference. Quantized outputs may differ by one
/// step for each operator behind the other, reals by a ten-thousandth; few may differ at all.
std::optional<std::vector<OracleAnswer>> check_engine(const std::string &engine,
                                                      const std::vector<OracleCase> &cases) {
    const auto answers = ask_oracle(engine, cases);
    if (!answers)
        return answers;
    int64_t elements = 0, differing = 0;
    std::string listing;
    for (size_t i = 0; i < cases.size(); i++) {
        const Graph &graph = cases[i].graph;
        INFO(engine << " " << graph.name);
        REQUIRE((*answers)[i].error == "");
        const std::vector<Bytes> values = reference::run(graph, cases[i].inputs);
        for (size_t k = 0; k < graph.outputs.size(); k++) {
            const Tensor &output = graph.tensor(graph.outputs[k]);
            const Difference d =
                compare(output, values[size_t(graph.outputs[k])], (*answers)[i].outputs.at(k));
            elements += d.elements;
            differing += d.differing;
            if (d.differing)
                listing += fmt::format("\n  {}: {} of {}, by at most {}", graph.name, d.differing,
                                       d.elements, d.largest);
            CHECK(d.largest <= (output.dtype == DType::f32 ? 1e-4 : graph.operators.size()));
        }
    }
    WARN(engine << ": " << differing << " of " << elements << " outputs differ" << listing);
    CHECK(differing * 100 < elements);
    return answers;
}

Graph in_float_rounding(Graph graph) {
    graph.set_rounding(Rounding::float32);
    return graph;
}

} // namespace

TEST_CASE("ONNX Runtime computes what the reference computes") {
    std::vector<OracleCase> cases;
    for (uint32_t seed : {1u, 2u})
        for (const Graph &graph : sample_graphs(seed))
            cases.push_back({in_float_rounding(graph), random_inputs(graph, seed)});
    check_engine("onnx", cases);
    check_engine("onnx_int8", cases);
}

TEST_CASE("convolutions and products run as integers") {
    RandomGraph g(3, "chain");
    TensorId x = g.input({1, 12, 12, 8});
    x = g.conv2d(x, {.channels_out = 16, .same = true});
    x = g.depthwise_conv2d(x, {.same = true});
    x = g.add(x, g.conv2d(x, {.channels_out = 16, .kernel_h = 1, .kernel_w = 1}));
    x = g.reshape(g.average_pool2d(x, {.kernel_h = 12, .kernel_w = 12}), {1, 16});
    const Graph graph = in_float_rounding(g.finish({g.fully_connected(x, {.channels_out = 5})}));
    const auto answers = check_engine("onnx_int8", {{graph, random_inputs(graph)}});
    if (!answers)
        return;
    const std::vector<std::string> &kinds = answers->at(0).operators;
    CHECK(std::count(kinds.begin(), kinds.end(), "QLinearConv") == 3);
    CHECK(std::count(kinds.begin(), kinds.end(), "QLinearAdd") == 1);
    CHECK(std::count(kinds.begin(), kinds.end(), "QLinearAveragePool") == 1);
    CHECK(std::count(kinds.begin(), kinds.end(), "QGemm") == 1);
    CHECK(std::count(kinds.begin(), kinds.end(), "Conv") == 0);
    CHECK(std::count(kinds.begin(), kinds.end(), "DequantizeLinear") == 0);
}

TEST_CASE("shared networks run in ONNX Runtime, the quantized ones as integers") {
    const auto folder = shared_folder("models");
    if (!folder)
        return;
    std::vector<OracleCase> cases;
    for (const char *name :
         {"ad01_int8", "ad01_float", "ic_resnet8_int8", "ic_resnet8_float", "kws_dscnn_int8",
          "vww_mobilenet_int8", "vww_mobilenet_float", "tflm_hello_world_int8",
          "tflm_micro_speech_int8", "coral_tf2_mobilenet_v2_1.0_224_ptq"}) {
        const Graph graph =
            in_float_rounding(import_model(*folder / (std::string(name) + ".tflite")));
        cases.push_back({graph, random_inputs(graph)});
    }
    const auto answers = check_engine("onnx_int8", cases);
    for (size_t i = 0; answers && i < cases.size(); i++) {
        const Graph &graph = cases[i].graph;
        if (graph.tensor(graph.operators[0].outputs[0]).dtype != DType::s8)
            continue;
        INFO(graph.name);
        const auto convolutions =
            std::count_if(graph.operators.begin(), graph.operators.end(), [](const Operator &op) {
                return op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d;
            });
        const std::vector<std::string> &kinds = (*answers)[i].operators;
        CHECK(std::count(kinds.begin(), kinds.end(), "QLinearConv") == convolutions);
        CHECK(std::count(kinds.begin(), kinds.end(), "Gemm") == 0);
    }
}

TEST_CASE("what is exported and imported again computes the same") {
    for (const Graph &sample : sample_graphs()) {
        INFO(sample.name);
        const Graph graph = in_float_rounding(sample);
        // The importer takes an output whose channels come first for an image, and gives it NHWC.
        if (graph.operators[0].kind == OpKind::transpose)
            continue;
        const Graph imported = onnx::import_onnx(to_onnx(graph), graph.name);
        const std::vector<Bytes> inputs = random_inputs(graph);
        const std::vector<Bytes> ours = reference::run(graph, inputs);
        const std::vector<Bytes> theirs = reference::run(imported, inputs);
        REQUIRE(imported.outputs.size() == graph.outputs.size());
        for (size_t k = 0; k < graph.outputs.size(); k++) {
            const Tensor &output = graph.tensor(graph.outputs[k]);
            CHECK(imported.tensor(imported.outputs[k]).shape == output.shape);
            const Difference d = compare(output, ours[size_t(graph.outputs[k])],
                                         theirs[size_t(imported.outputs[k])]);
            CHECK(d.differing == 0);
        }
    }
}
