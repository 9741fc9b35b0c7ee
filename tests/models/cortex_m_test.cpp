// Whole networks on every Cortex-M in an emulator: equal to the reference interpreter, layer by
// layer and as a whole, in both roundings of integers.
#include "compiler/compile.h"
#include "compiler/import/import.h"
#include "tests/operators/kernels_cache.h"
#include "tests/support/random_graph.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace octet::test {
namespace {

std::optional<Target> installed(const std::string &name) {
    const Target target = find_target(name);
    const std::vector<std::string> missing = missing_programs(target, true);
    for (const std::string &program : missing)
        WARN("skipped " << name << ": there is no " << program);
    return missing.empty() ? std::optional(target) : std::nullopt;
}

void check_network(Graph graph, const Target &target) {
    for (const Rounding rounding : {Rounding::micro, Rounding::reference, Rounding::float32}) {
        INFO(graph.name << ", " << target.name << ", " << name_of(rounding));
        graph.set_rounding(rounding);
        CompileOptions options;
        options.target = target;
        options.cache = KernelCache::folder();
        const Compiled compiled = compile(graph, options);
        fmt::print(stderr, "{:<30} {:<15} {:<10} {} kernels, {} new\n", graph.name, target.name,
                   name_of(rounding), compiled.program.kernels.size(),
                   compiled.program.kernels.size() - compiled.cache_hits);
        const Verdict verdict = verify(graph, compiled, 1);
        for (const LayerVerdict &layer : verdict.layers) {
            INFO(layer.name);
            CHECK(layer.mismatches == 0);
        }
        CHECK(verdict.mismatches == 0);
        CHECK(verdict.outputs > 0);
    }
}

/// The MLPerf Tiny benchmarks and two examples of TensorFlow Lite Micro.
constexpr const char *real_networks[] = {"ic_resnet8_int8",        "kws_dscnn_int8",
                                         "vww_mobilenet_int8",     "ad01_int8",
                                         "tflm_micro_speech_int8", "tflm_hello_world_int8"};

void check_core(const std::string &core) {
    const auto target = installed(core);
    if (!target)
        return;
    for (uint32_t seed = 11; seed < 13; ++seed) {
        Graph graph = random_network(seed);
        graph.name = fmt::format("network_{}", seed);
        check_network(graph, *target);
    }
    if (const auto models = shared_folder("models"))
        for (const std::string name : real_networks)
            check_network(import_model(*models / (name + ".tflite")), *target);
}

TEST_CASE("networks on cortex-m0plus", "[m0plus]") {
    check_core("cortex-m0plus");
}

TEST_CASE("networks on cortex-m3", "[m3]") {
    check_core("cortex-m3");
}

TEST_CASE("networks on cortex-m4", "[m4]") {
    check_core("cortex-m4");
}

TEST_CASE("networks on cortex-m7", "[m7]") {
    check_core("cortex-m7");
}

TEST_CASE("networks on cortex-m33", "[m33]") {
    check_core("cortex-m33");
}

TEST_CASE("networks on cortex-m55", "[m55]") {
    check_core("cortex-m55");
}

} // namespace
} // namespace octet::test
