// Networks of 16-bit activations through .tflite and .onnx, and what other engines make of them.
#include "compiler/export/export.h"
#include "compiler/export/tflite/model.h"
#include "compiler/import/import.h"
#include "compiler/import/onnx/import_onnx.h"
#include "compiler/import/tflite/import_tflite.h"
#include "compiler/reference/interpreter.h"
#include "compiler/reference/real_values.h"
#include "tests/oracle/oracle.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace octet;
using namespace octet::test;

namespace {

std::vector<OracleCase> networks(Rounding rounding) {
    std::vector<OracleCase> cases;
    for (uint32_t seed = 1; seed <= 6; ++seed) {
        Graph graph = random_network(seed, DType::s16);
        graph.set_rounding(rounding);
        check(graph);
        cases.push_back({graph, random_inputs(graph, seed)});
    }
    return cases;
}

Bytes output_of(const Graph &graph, const std::vector<Bytes> &inputs) {
    return reference::run(graph, inputs).at(size_t(graph.outputs[0]));
}

/// Signal-to-noise ratio of an output against what the reference computes, in dB.
double sqnr(const OracleCase &c, const Bytes &output) {
    const Tensor &tensor = c.graph.tensor(c.graph.outputs[0]);
    const std::vector<float> exact = reference::to_real(tensor, output_of(c.graph, c.inputs));
    const std::vector<float> found = reference::to_real(tensor, output);
    REQUIRE(found.size() == exact.size());
    double signal = 0, noise = 1e-12;
    for (size_t i = 0; i < exact.size(); ++i) {
        signal += double(exact[i]) * exact[i];
        noise += std::pow(double(found[i]) - exact[i], 2);
    }
    return 10 * std::log10(signal / noise);
}

} // namespace

TEST_CASE("whole networks equal LiteRT's and Micro's bit for bit") {
    for (const auto &[engine, rounding] :
         {std::pair("reference", Rounding::reference), std::pair("micro", Rounding::micro)}) {
        const std::vector<OracleCase> cases = networks(rounding);
        const auto answers = ask_oracle(engine, cases);
        for (size_t i = 0; answers && i < cases.size(); ++i) {
            INFO(engine << ", network " << i);
            REQUIRE((*answers)[i].error == "");
            CHECK((*answers)[i].outputs.at(0) == output_of(cases[i].graph, cases[i].inputs));
        }
    }
}

TEST_CASE("a .tflite file keeps the network") {
    for (const OracleCase &c : networks(Rounding::reference)) {
        const Graph imported = tflite::import_tflite(to_tflite(c.graph), c.graph.name);
        CHECK(imported.tensor(imported.inputs[0]).dtype == DType::s16);
        CHECK(output_of(imported, c.inputs) == output_of(c.graph, c.inputs));
    }
}

TEST_CASE("an .onnx file keeps the network, and ONNX Runtime computes it in floats") {
    std::vector<OracleCase> cases = networks(Rounding::float32);
    for (OracleCase &c :
         cases) // ONNX's softmax has no factor; a product in floats would stand for it.
        c.graph.operators.back().attributes = SoftmaxAttributes{1.0f};
    for (const OracleCase &c : cases) {
        const Graph imported = onnx::import_onnx(to_onnx(c.graph), c.graph.name);
        for (const Operator &op : imported.operators) {
            INFO(op.name);
            CHECK(imported.tensor(op.outputs[0]).dtype == DType::s16);
        }
        // A bias goes through single precision.
        CHECK(sqnr(c, output_of(imported, c.inputs)) > 80);
    }
    const auto answers = ask_oracle("onnx", cases);
    for (size_t i = 0; answers && i < cases.size(); ++i) {
        INFO("network " << i);
        REQUIRE((*answers)[i].error == "");
        // Its optimizations leave out some of the roundings to int16; without them it is 70 dB.
        CHECK(sqnr(cases[i], (*answers)[i].outputs.at(0)) > 40);
    }
}

TEST_CASE("what engines do not have for int16 is refused", "[check]") {
    const auto refuse = [](const std::function<TensorId(RandomGraph &, TensorId)> &build,
                           const std::string &reason) {
        RandomGraph g(1);
        const TensorId x = g.input({1, 4, 4, 8}, DType::s16);
        const Graph graph = g.finish({build(g, x)});
        check_message(error_of([&] { check(graph); }), {reason});
    };
    for (OpKind kind : {OpKind::hard_swish, OpKind::relu_n1_to_1})
        refuse(
            [kind](RandomGraph &g, TensorId x) {
                return kind == OpKind::hard_swish ? g.hard_swish(x) : g.clamp(kind, x);
            },
            "its activations are int16, for which TFLite has no kernel");
    refuse([](RandomGraph &g, TensorId x) { return g.prelu(x); }, "TFLite has no kernel");
    refuse([](RandomGraph &g,
              TensorId x) { return g.depthwise_conv2d(x, {.same = true, .int32_bias = true}); },
           "its bias is int32; beside int16 activations it must be int64");
    refuse([](RandomGraph &g, TensorId x) { return g.quantize(x, DType::u8); },
           "it turns int16 into uint8");
}

TEST_CASE("sums that shift one operand are refused", "[import]") {
    RandomGraph g(1);
    const TensorId x = g.input({1, 8}, DType::s16);
    Graph graph = g.finish({g.add(x, g.input({1, 8}, DType::s16))});
    for (Tensor &tensor : graph.tensors)
        tensor.quantization.scales = {0x1p-8f};
    tflite::schema::ModelT model = tflite::to_model(graph);
    auto *options = model.subgraphs[0]->operators[0]->builtin_options.AsAddOptions();
    CHECK(!options->pot_scale_int16);
    CHECK(tflite::import_tflite(tflite::pack(model), "sum").operators.size() == 1);
    options->pot_scale_int16 = true;
    check_message(error_of([&] { tflite::import_tflite(tflite::pack(model), "sum"); }),
                  {"the form of sums that shifts one operand"});
}
