// Weights of few bits and codebooks in the model file: kernels equal the reference bit for bit, and
// the file is as small as the storage says.
#include "compiler/lower/lower.h"
#include "schedules/tuned.h"
#include "tests/operators/check_on.h"
#include "tests/operators/kernels_decode_cases.h"
#include "tests/support/installed.h"
#include "tests/support/stored_weights.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace octet::test {
namespace {

bool available(const Target &target) {
    return target.runner.kind == Runner::Kind::in_process ? runs_here(target) : installed(target);
}

lower::Program lowered(const Graph &graph, const Target &target) {
    return lower::lower(graph, target, schedules::Tuned{});
}

/// Every `step`-th storage.
void check_cases(const std::string &name, size_t step) {
    const Target target = find_target(name);
    if (!available(target))
        return;
    const std::vector<CaseGroup> groups = decoded_cases();
    for (size_t i = 0; i < groups.size(); i += step)
        check_on(merged(groups[i]), target, Rounding::micro, 2);
}

/// Bytes of the model file's weights: what the storage takes, and little beside the layer's biases
/// and constants.
void check_sizes(const std::string &name) {
    const Target target = find_target(name);
    for (const StorageCase &storage : storage_cases()) {
        INFO(name << ", " << storage.name);
        Graph graph = large_convolution(storage);
        const Tensor &weights = graph.tensor(graph.operators[0].inputs[1]);
        const size_t elements = size_t(weights.elements());
        const size_t stored =
            elements * size_t(storage.bits) / 8 + weights.storage.codebooks.size();
        const size_t bytes = lowered(graph, target).weights.size();
        graph.tensor(graph.operators[0].inputs[1]).storage = {};
        const size_t plain = lowered(graph, target).weights.size();
        CHECK(plain - elements < 4096);
        CHECK(bytes >= stored);
        // Parts of blocks are whole rows of the array.
        CHECK(bytes - stored <= plain - elements + stored / 8);
    }
}

TEST_CASE("decoded weights equal the reference on x86", "[host]") {
    for (const char *name : {"x86-64-avx512-vnni", "x86-64-avx2"})
        check_cases(name, 1);
}

TEST_CASE("decoded weights equal the reference on cortex-m4", "[m4]") {
    check_cases("cortex-m4", 1);
}

TEST_CASE("decoded weights equal the reference on cortex-m0plus", "[m0plus]") {
    check_cases("cortex-m0plus", 2);
}

TEST_CASE("decoded weights equal the reference on cortex-m55", "[m55]") {
    check_cases("cortex-m55", 1);
}

TEST_CASE("model files hold weights in few bits", "[host]") {
    for (const char *name :
         {"x86-64-avx512-vnni", "x86-64-avx2", "cortex-m0plus", "cortex-m4", "cortex-m55"})
        check_sizes(name);
}

TEST_CASE("codebooks without 0 stay bytes where the packed array has gaps", "[host]") {
    RandomGraph g(5, "gaps");
    const TensorId x = g.input({1, 6, 6, 3});
    Graph graph = g.finish({g.conv2d(x, {.channels_out = 32})});
    Tensor &weights = graph.tensor(graph.operators[0].inputs[1]);
    store_in(weights, 2, 1);
    REQUIRE(std::ranges::count(weights.storage.codebooks, 0) == 0);
    const Target target = find_target("cortex-m4");
    const lower::Program program = lowered(graph, target);
    CHECK(program.calls.size() == 1);
    REQUIRE(program.notes.size() == 1);
    CHECK_THAT(program.notes[0], Catch::Contains("conv2d_0") && Catch::Contains("8 bits") &&
                                     Catch::Contains("without 0"));
    // An entry that no weight uses becomes the missing 0.
    Bytes values = *weights.data;
    for (uint8_t &value : values)
        if (value == uint8_t(weights.storage.codebooks[3]))
            value = uint8_t(weights.storage.codebooks[0]);
    weights.data = std::make_shared<const Bytes>(std::move(values));
    CHECK(lowered(graph, target).calls.size() == 2);
    if (available(target))
        check_on(graph, target, Rounding::micro, 2);
}

TEST_CASE("chips decode a large layer in parts of its channels", "[m4][m0plus][m55]") {
    for (const char *name : {"cortex-m0plus", "cortex-m4", "cortex-m55"}) {
        const Target target = find_target(name);
        const Graph graph = large_convolution({"values_4", 4, 0});
        const lower::Program program = lowered(graph, target);
        CHECK(program.calls.size() == 4);
        int64_t products = 0;
        for (const lower::Call &call : program.calls)
            products += call.macs;
        CHECK(products == macs(graph, graph.operators[0]));
        CHECK(program.arena_bytes() < (32 << 10));
        if (available(target)) {
            check_on(graph, target, Rounding::micro, 2);
            check_on(large_convolution({"quarter_32", 5, 4}), target, Rounding::reference, 1);
        }
    }
}

} // namespace
} // namespace octet::test
