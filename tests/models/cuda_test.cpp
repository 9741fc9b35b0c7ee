// Whole networks on CUDA cards, in the PTX interpreter or on a card where there is one: equal to the
// reference interpreter, layer by layer and as a whole.
#include "compiler/emit/cuda/ptx_factory.h"
#include "compiler/import/import.h"
#include "tests/operators/check_on.h"
#include "tests/support/random_graph.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

/// The MLPerf Tiny benchmarks, two examples of TensorFlow Lite Micro, and a MobileNetV2.
constexpr const char *real_networks[] = {
    "ic_resnet8_int8",        "kws_dscnn_int8",         "vww_mobilenet_int8",
    "ad01_int8",              "tflm_micro_speech_int8", "tflm_hello_world_int8",
    "coral_tf2_mobilenet_v2_1.0_224_ptq"};

void check_networks(const std::string &name) {
    Target target = find_target(name);
    target.cuda.architectures.clear(); // The interpreter reads PTX.
    for (uint32_t seed = 11; seed < 13; ++seed) {
        Graph graph = random_network(seed);
        graph.name = fmt::format("network_{}", seed);
        check_on(graph, target, Rounding::float32, 1);
    }
    if (const auto models = shared_folder("models"))
        for (const std::string network : real_networks) {
            const Graph graph = import_model(*models / (network + ".tflite"));
            check_on(graph, target, Rounding::reference, 1);
            check_on(graph, target, Rounding::float32, 1);
        }
}

TEST_CASE("networks on cuda-sm61", "[sm61]") {
    check_networks("cuda-sm61");
}

TEST_CASE("networks on cuda-sm80", "[sm80]") {
    if (emit::has_tile_functions())
        check_networks("cuda-sm80");
}

} // namespace
} // namespace octet::test
