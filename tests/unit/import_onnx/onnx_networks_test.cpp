// Whole networks against ONNX Runtime: small ones in the style of common exporters, in float for
// many opsets and quantized by ONNX Runtime's own quantizer, and the shared models.
#include "compiler/import/import.h"
#include "compiler/support/error.h"
#include "tests/support/shared.h"
#include "tests/unit/import_onnx/onnx_case.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

namespace octet::test {
namespace {

namespace fs = std::filesystem;

// Engines sum floats in other orders and fold normalizations in other precisions: a few units in
// the last place per layer.
constexpr double float_tolerance = 1e-4;

int count(const Graph &graph, OpKind kind) {
    return int(std::count_if(graph.operators.begin(), graph.operators.end(),
                             [&](const Operator &op) { return op.kind == kind; }));
}

/// Operators that compute in float, beside those at the ends that convert.
int float_operators(const Graph &graph) {
    return int(std::count_if(graph.operators.begin(), graph.operators.end(), [&](const auto &op) {
        return op.kind != OpKind::dequantize && graph.tensor(op.outputs[0]).dtype == DType::f32;
    }));
}

/// The quantization of what an output's DEQUANTIZE reads.
float step_of(const Graph &graph, TensorId output) {
    for (const Operator &op : graph.operators)
        if (op.outputs[0] == output && op.kind == OpKind::dequantize)
            return graph.tensor(op.inputs[0]).quantization.scale();
    return 0;
}

struct Differences {
    size_t outputs = 0, differ = 0;
    double most_steps = 0;

    /// Outputs in float, in units of the quantization's step.
    void add(const Array &ours, const Array &theirs, float step) {
        for (size_t at = 0; at < ours.data.size(); at += sizeof(float)) {
            float a = 0, b = 0;
            std::memcpy(&a, &ours.data[at], sizeof(float));
            std::memcpy(&b, &theirs.data[at], sizeof(float));
            const double steps = std::abs(double(a) - double(b)) / double(step);
            differ += steps > 0.5;
            most_steps = std::max(most_steps, steps);
            outputs++;
        }
    }

    /// Outputs on 8 bits.
    void add(const Array &ours, const Array &theirs) {
        for (size_t at = 0; at < ours.data.size(); at++) {
            const bool is_signed = ours.dtype == DType::s8;
            const int a = is_signed ? int(int8_t(ours.data[at])) : int(ours.data[at]);
            const int b = is_signed ? int(int8_t(theirs.data[at])) : int(theirs.data[at]);
            differ += a != b;
            most_steps = std::max(most_steps, std::abs(double(a - b)));
            outputs++;
        }
    }
};

void check_float(const fs::path &folder) {
    const Graph graph = import_model(folder / "model.onnx");
    int transposes = -1;
    if (std::ifstream(folder / "transposes") >> transposes)
        CHECK(count(graph, OpKind::transpose) == transposes);
    if (int swishes = 0; std::ifstream(folder / "hard_swishes") >> swishes)
        CHECK(count(graph, OpKind::hard_swish) == swishes);
    const std::vector<Array> outputs = interpret(graph, arrays(folder, "input"));
    const std::vector<Array> expected = arrays(folder, "output");
    REQUIRE(outputs.size() == expected.size());
    for (size_t i = 0; i < outputs.size(); i++) {
        CHECK(outputs[i].shape == expected[i].shape);
        CHECK(relative_error(outputs[i], expected[i]) < float_tolerance);
    }
}

/// Every operator is on 8 bits but the ends, and those that the case says; returns how the outputs
/// differ.
Differences check_int8(const fs::path &folder) {
    const Graph graph = import_model(folder / "model.onnx");
    int expected_float = 0;
    std::ifstream(folder / "float_operators") >> expected_float;
    CHECK(float_operators(graph) == expected_float);
    Differences differences;
    const std::vector<Array> outputs = interpret(graph, arrays(folder, "input"));
    const std::vector<Array> expected = arrays(folder, "output");
    REQUIRE(outputs.size() == expected.size());
    for (size_t i = 0; i < outputs.size(); i++) {
        REQUIRE(outputs[i].shape == expected[i].shape);
        REQUIRE(outputs[i].dtype == expected[i].dtype);
        if (outputs[i].dtype != DType::f32) {
            differences.add(outputs[i], expected[i]);
            continue;
        }
        const float step = step_of(graph, graph.outputs[i]);
        REQUIRE(step > 0);
        differences.add(outputs[i], expected[i], step);
    }
    return differences;
}

void say(const std::string &name, const Differences &d) {
    WARN(name << ": " << d.differ << " of " << d.outputs << " outputs differ, by at most "
              << d.most_steps << " steps");
}

TEST_CASE("networks of common exporters equal ONNX Runtime's") {
    const CaseFolder folder;
    if (!run_script("onnx_networks.py", folder, "float"))
        return;
    const std::vector<fs::path> cases = folder.cases();
    CHECK(cases.size() > 80);
    for (const fs::path &path : cases) {
        CAPTURE(path.filename().string());
        try {
            check_float(path);
        } catch (const Error &error) {
            FAIL_CHECK(error.what());
        }
    }
}

// ONNX Runtime executes the pairs as they are written, operators in float between them. Where a
// value lies exactly between two steps (one average of four numbers in four) its sums of floats may
// fall on either side; layers behind make up to a few steps of that.
TEST_CASE("networks quantized by ONNX Runtime become int8 networks") {
    const CaseFolder folder;
    if (!run_script("onnx_networks.py", folder, "int8"))
        return;
    const std::vector<fs::path> cases = folder.cases();
    CHECK(cases.size() == 25);
    size_t outputs = 0, differ = 0;
    for (const fs::path &path : cases) {
        const std::string name = path.filename();
        CAPTURE(name);
        try {
            const Differences differences = check_int8(path);
            if (differences.differ > 0)
                say(name, differences);
            CHECK(differences.most_steps < 2.5);
            outputs += differences.outputs;
            differ += differences.differ;
        } catch (const Error &error) {
            FAIL_CHECK(error.what());
        }
    }
    WARN(differ << " of " << outputs << " outputs differ");
    CHECK(differ * 50 <= outputs);
}

TEST_CASE("shared float networks equal ONNX Runtime's") {
    const auto models = shared_folder("models");
    const CaseFolder folder;
    if (!models || !run_script("onnx_run.py", folder, "'" + models->string() + "' float"))
        return;
    for (const fs::path &path : folder.cases()) {
        CAPTURE(path.filename().string());
        check_float(path);
    }
    CHECK(folder.cases().size() >= 4);
}

// All layers of each network, three inputs. A step that differs grows on its way.
TEST_CASE("shared int8 networks equal ONNX Runtime's but for ties") {
    const auto models = shared_folder("models");
    const CaseFolder folder;
    if (!models || !run_script("onnx_run.py", folder, "'" + models->string() + "' qdq"))
        return;
    for (const fs::path &path : folder.cases()) {
        CAPTURE(path.filename().string());
        const Differences differences = check_int8(path);
        say(path.filename(), differences);
        CHECK(differences.differ * 100 <= differences.outputs);
    }
    CHECK(folder.cases().size() >= 24);
}

} // namespace
} // namespace octet::test
