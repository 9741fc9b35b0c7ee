// Kernels of lane c in an emulator against the reference interpreter, bit for bit: the cases of
// kernels_test on one core of each kind.
//
// Compilation and start of an emulator go by graph, so the cases of a group are merged into graphs
// as large as a chip's memory allows.
#include "tests/operators/check_on.h"
#include "tests/operators/kernels_cases.h"
#include "tests/support/installed.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace octet::test {
namespace {

/// Bytes of tensors that one graph may have: what a generic chip's 512 KiB of RAM hold beside the
/// stack, layouts and scratch included.
constexpr size_t graph_bytes = 160 << 10;
/// Operators that one graph may have: their code fits into the same size of flash.
constexpr size_t graph_operators = 60;
/// Inputs, and again outputs, that the runner firmware takes.
constexpr size_t graph_ends = 16;

size_t tensor_bytes(const Graph &graph) {
    size_t bytes = 0;
    for (const Tensor &tensor : graph.tensors)
        bytes += tensor.bytes();
    return bytes;
}

bool fits(const Graph &graph) {
    return tensor_bytes(graph) <= graph_bytes && graph.operators.size() <= graph_operators &&
           graph.inputs.size() <= graph_ends && graph.outputs.size() <= graph_ends;
}

/// Every `step`-th case of the group, in graphs that fit the chip.
std::vector<Graph> batches(const CaseGroup &group, size_t step) {
    std::vector<Graph> graphs;
    CaseGroup batch{group.name, {}};
    for (size_t i = 0; i < group.cases.size(); i += step) {
        batch.cases.push_back(group.cases[i]);
        if (batch.cases.size() > 1 && !fits(merged(batch))) {
            batch.cases.pop_back();
            graphs.push_back(merged(batch));
            batch.cases = {group.cases[i]};
        }
    }
    if (!batch.cases.empty())
        graphs.push_back(merged(batch));
    return graphs;
}

/// Every `step`-th case on the target of that name.
void check_cases(const std::string &name, const std::vector<CaseGroup> &groups, size_t step,
                 std::initializer_list<Rounding> roundings) {
    const Target target = find_target(name);
    if (!installed(target))
        return;
    for (const CaseGroup &group : groups)
        for (const Graph &graph : batches(group, step))
            for (const Rounding rounding : roundings)
                check_on(graph, target, rounding, 2);
}

TEST_CASE("convolutions on cortex-m4", "[m4][convolutions]") {
    check_cases("cortex-m4", convolution_cases(), 1, {Rounding::micro, Rounding::reference});
}

TEST_CASE("operators without weights on cortex-m4", "[m4][others]") {
    check_cases("cortex-m4", pointwise_cases(), 1, {Rounding::micro});
}

TEST_CASE("arithmetic and images on cortex-m4", "[m4][others][arithmetic]") {
    check_cases("cortex-m4", arithmetic_cases(), 1, {Rounding::micro});
    check_cases("cortex-m4", image_cases(), 1, {Rounding::micro});
}

TEST_CASE("connected operators on cortex-m4", "[m4][others]") {
    check_cases("cortex-m4", network_cases(), 1, {Rounding::micro});
}

TEST_CASE("convolutions on cortex-m55", "[m55][convolutions]") {
    check_cases("cortex-m55", convolution_cases(), 1, {Rounding::micro, Rounding::reference});
}

TEST_CASE("operators without weights on cortex-m55", "[m55][others]") {
    check_cases("cortex-m55", pointwise_cases(), 1, {Rounding::micro});
}

TEST_CASE("arithmetic and images on cortex-m55", "[m55][others][arithmetic]") {
    check_cases("cortex-m55", arithmetic_cases(), 1, {Rounding::micro});
    check_cases("cortex-m55", image_cases(), 1, {Rounding::micro});
}

TEST_CASE("connected operators on cortex-m55", "[m55][others]") {
    check_cases("cortex-m55", network_cases(), 1, {Rounding::micro});
}

// Scalar cores: the same formulations, so a part of the cases.
TEST_CASE("operators on cortex-m3", "[m3]") {
    check_cases("cortex-m3", convolution_cases(), 3, {Rounding::micro});
    check_cases("cortex-m3", pointwise_cases(), 5, {Rounding::micro});
    check_cases("cortex-m3", arithmetic_cases(), 5, {Rounding::micro});
    check_cases("cortex-m3", image_cases(), 4, {Rounding::micro});
    check_cases("cortex-m3", network_cases(), 4, {Rounding::micro});
}

TEST_CASE("operators on cortex-m0plus", "[m0plus]") {
    check_cases("cortex-m0plus", convolution_cases(), 3, {Rounding::micro});
    check_cases("cortex-m0plus", pointwise_cases(), 5, {Rounding::micro});
    check_cases("cortex-m0plus", arithmetic_cases(), 5, {Rounding::micro});
    check_cases("cortex-m0plus", image_cases(), 4, {Rounding::micro});
    check_cases("cortex-m0plus", network_cases(), 4, {Rounding::micro});
}

} // namespace
} // namespace octet::test
