// The float executor on real networks, against outputs of another engine (the shared folder of
// models; skipped where it is absent).
#include "compiler/import/import.h"
#include "compiler/support/npy.h"
#include "tests/support/shared.h"
#include "tests/unit/float/compare_with_reference.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace octet::test {
namespace {

namespace fs = std::filesystem;

std::span<const float> floats_of(const Array &array) {
    return {reinterpret_cast<const float *>(array.data.data()), array.data.size() / sizeof(float)};
}

TEST_CASE("float networks equal their golden outputs", "[float][shared]") {
    const auto models = shared_folder("models");
    if (!models)
        return;
    size_t compared = 0;
    for (const fs::directory_entry &network : fs::directory_iterator(*models / "golden")) {
        const std::string name = network.path().filename();
        if (!name.ends_with("_float"))
            continue;
        const Graph graph = import_model(*models / (name + ".tflite"));
        const FloatExecutor executor(graph);
        for (int i = 0; fs::exists(network.path() / fmt::format("case{}_input0.npy", i)); ++i) {
            const std::string prefix = network.path() / fmt::format("case{}_", i);
            INFO(prefix);
            const Array input = read_npy(prefix + "input0.npy");
            const Array golden = read_npy(prefix + "output0.npy");
            const Values output = executor.run({floats_of(input)}, 1).at(0);
            CHECK(relative_error(output, floats_of(golden)) < float_tolerance);
            ++compared;
        }
    }
    CHECK(compared > 0);
}

} // namespace
} // namespace octet::test
