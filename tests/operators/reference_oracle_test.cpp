// The reference interpreter against live engines: `reference` against LiteRT's reference kernels
// and `micro` against TensorFlow Lite Micro, bit for bit.
#include "compiler/reference/interpreter.h"
#include "tests/operators/reference_cases.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace octet::test {
namespace {

std::vector<OracleCase> oracle_cases(const std::vector<SweepCase> &sweep, bool micro) {
    std::vector<OracleCase> cases;
    for (const SweepCase &c : sweep)
        if (!micro || c.micro)
            cases.push_back(c.oracle);
    return cases;
}

/// What a message says of a case: operator, shapes and quantization.
std::string describe(const OracleCase &c) {
    const Operator &op = c.graph.operators.front();
    std::string text{name_of(op.kind)};
    for (const std::vector<TensorId> *ids : {&op.inputs, &op.outputs})
        for (TensorId id : *ids) {
            if (id == no_tensor)
                continue;
            const Tensor &tensor = c.graph.tensor(id);
            text += fmt::format(" {} {}", name_of(tensor.dtype), to_string(tensor.shape));
            if (tensor.quantization.quantized())
                text += fmt::format("({}, {})", tensor.quantization.scale(),
                                    tensor.quantization.zero_point());
        }
    return text;
}

Bytes interpret(OracleCase c, Rounding rounding) {
    check(c.graph);
    c.graph.set_rounding(rounding);
    return reference::run(c.graph, c.inputs).at(size_t(c.graph.outputs.front()));
}

/// Elements, or bytes where elements are bytes, in which two values differ; all when sizes differ.
size_t differences(const Bytes &a, const Bytes &b) {
    if (a.size() != b.size())
        return std::max(a.size(), b.size());
    size_t count = 0;
    for (size_t i = 0; i < a.size(); ++i)
        count += a[i] != b[i];
    return count;
}

void require_equal(const std::string &engine, Rounding rounding,
                   const std::vector<OracleCase> &cases) {
    const auto answers = ask_oracle(engine, cases);
    if (!answers)
        return;
    for (size_t i = 0; i < cases.size(); ++i) {
        INFO(engine << ", case " << i << ": " << describe(cases[i]));
        CHECK((*answers)[i].error == "");
        if ((*answers)[i].error.empty())
            CHECK(differences(interpret(cases[i], rounding), (*answers)[i].outputs.at(0)) == 0);
    }
}

TEST_CASE("reference rounding equals LiteRT's reference kernels bit for bit", "[reference]") {
    require_equal("reference", Rounding::reference, oracle_cases(quantized_sweep(40), false));
}

TEST_CASE("micro rounding equals TensorFlow Lite Micro bit for bit", "[reference]") {
    require_equal("micro", Rounding::micro, oracle_cases(quantized_sweep(40), true));
}

TEST_CASE("int16 activations: reference rounding equals LiteRT's reference kernels", "[int16]") {
    require_equal("reference", Rounding::reference, oracle_cases(int16_sweep(40), false));
}

TEST_CASE("int16 activations: micro rounding equals TensorFlow Lite Micro", "[int16]") {
    std::vector<OracleCase> cases = oracle_cases(int16_sweep(40), true);
    // Micro reads every bias of a TRANSPOSE_CONV as int64.
    std::erase_if(cases, [](const OracleCase &c) {
        const Operator &op = c.graph.operators.front();
        return op.kind == OpKind::transpose_conv2d && op.input(2) != no_tensor &&
               c.graph.tensor(op.inputs[2]).dtype == DType::s32;
    });
    require_equal("micro", Rounding::micro, cases);
}

TEST_CASE("float rounding equals XNNPACK in convolutions and fully connected", "[reference]") {
    std::vector<OracleCase> cases;
    for (const SweepCase &c : quantized_sweep(40)) {
        const Graph &graph = c.oracle.graph;
        const Operator &op = graph.operators.front();
        const bool is_product = op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d ||
                                op.kind == OpKind::fully_connected;
        // XNNPACK leaves other weights to LiteRT's own kernels and crashes without a bias.
        if (is_product && op.input(2) != no_tensor &&
            graph.tensor(op.inputs[1]).quantization.zero_point() == 0)
            cases.push_back(c.oracle);
    }
    REQUIRE(cases.size() > 90);
    require_equal("default", Rounding::float32, cases);
}

TEST_CASE("float kernels agree with LiteRT's to a few units in the last place", "[reference]") {
    const std::vector<OracleCase> cases = oracle_cases(float_sweep(12), false);
    const auto answers = ask_oracle("reference", cases);
    if (!answers)
        return;
    for (size_t i = 0; i < cases.size(); ++i) {
        INFO("case " << i << ": " << describe(cases[i]));
        REQUIRE((*answers)[i].error == "");
        const Bytes ours = interpret(cases[i], Rounding::reference);
        const Bytes &theirs = (*answers)[i].outputs.at(0);
        REQUIRE(ours.size() == theirs.size());
        for (size_t at = 0; at < ours.size(); at += sizeof(float)) {
            float a = 0, b = 0;
            std::memcpy(&a, &ours[at], sizeof(float));
            std::memcpy(&b, &theirs[at], sizeof(float));
            REQUIRE(a == Approx(b).epsilon(1e-5).margin(1e-6));
        }
    }
}

} // namespace
} // namespace octet::test
