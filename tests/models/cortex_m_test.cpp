// Whole networks on every Cortex-M in an emulator: equal to the reference interpreter, layer by
// layer and as a whole, in every rounding.
#include "compiler/import/import.h"
#include "tests/operators/check_on.h"
#include "tests/support/installed.h"
#include "tests/support/random_graph.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

/// The MLPerf Tiny benchmarks and two examples of TensorFlow Lite Micro.
constexpr const char *real_networks[] = {"ic_resnet8_int8",        "kws_dscnn_int8",
                                         "vww_mobilenet_int8",     "ad01_int8",
                                         "tflm_micro_speech_int8", "tflm_hello_world_int8"};

void check_core(const std::string &core) {
    const Target target = find_target(core);
    if (!installed(target))
        return;
    const auto check_network = [&](const Graph &graph) {
        for (const Rounding rounding : {Rounding::micro, Rounding::reference, Rounding::float32})
            check_on(graph, target, rounding, 1);
    };
    for (uint32_t seed = 11; seed < 13; ++seed) {
        Graph graph = random_network(seed);
        graph.name = fmt::format("network_{}", seed);
        check_network(graph);
    }
    if (const auto models = shared_folder("models"))
        for (const std::string name : real_networks)
            check_network(import_model(*models / (name + ".tflite")));
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
