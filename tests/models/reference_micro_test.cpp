// Whole networks in micro rounding against a live TensorFlow Lite Micro, bit for bit (the shared
// folder of models; skipped where it or the engine is absent).
#include "compiler/import/import.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/npy.h"
#include "tests/oracle/oracle.h"
#include "tests/support/shared.h"

#include <catch2/catch.hpp>

namespace octet::test {
namespace {

TEST_CASE("networks in micro rounding equal TensorFlow Lite Micro", "[reference][shared]") {
    const auto models = shared_folder("models");
    if (!models)
        return;
    std::vector<OracleCase> cases;
    for (const std::string name :
         {"ad01_int8", "ic_resnet8_int8", "kws_dscnn_int8", "vww_mobilenet_int8",
          "tflm_hello_world_int8", "tflm_micro_speech_int8",
          "coral_tf2_mobilenet_v2_1.0_224_ptq"}) {
        const Bytes input = read_npy(*models / "golden" / name / "case0_input0.npy").data;
        cases.push_back({import_model(*models / (name + ".tflite")), {input}});
        cases.back().graph.set_rounding(Rounding::micro);
    }
    const auto answers = ask_oracle("micro", cases);
    if (!answers)
        return;
    for (size_t i = 0; i < cases.size(); ++i) {
        const Graph &graph = cases[i].graph;
        INFO(graph.source);
        REQUIRE((*answers)[i].error == "");
        const Bytes ours = reference::run(graph, cases[i].inputs).at(size_t(graph.outputs[0]));
        CHECK(ours == (*answers)[i].outputs.at(0));
    }
}

} // namespace
} // namespace octet::test
