// ONNX's own test cases of single operators: import and the reference interpreter give the outputs
// that the standard expects, and what is not supported is refused in words.
#include "compiler/import/import.h"
#include "tests/support/expect_error.h"
#include "tests/unit/import_onnx/onnx_case.h"

#include <catch2/catch.hpp>

#include <fstream>

namespace octet::test {
namespace {

namespace fs = std::filesystem;

// The standard's outputs come from numpy in double precision or from other orders of summation.
double tolerance_of(const fs::path &folder) {
    double tolerance = 1e-5;
    std::ifstream(folder / "tolerance") >> tolerance;
    return tolerance;
}

void check_case(const fs::path &folder) {
    const Graph graph = import_model(folder / "model.onnx");
    const std::vector<Array> outputs = interpret(graph, arrays(folder, "input"));
    const std::vector<Array> expected = arrays(folder, "output");
    REQUIRE(outputs.size() == expected.size());
    for (size_t i = 0; i < outputs.size(); i++) {
        CHECK(outputs[i].shape == expected[i].shape);
        REQUIRE(outputs[i].dtype == expected[i].dtype);
        if (outputs[i].dtype == DType::f32)
            CHECK(relative_error(outputs[i], expected[i]) < tolerance_of(folder));
        else
            CHECK(outputs[i].data == expected[i].data);
    }
}

TEST_CASE("ONNX's cases of single operators") {
    const CaseFolder folder;
    if (!run_script("onnx_nodes.py", folder))
        return;
    int compared = 0, refused = 0;
    for (const fs::path &path : folder.cases()) {
        CAPTURE(path.filename().string());
        if (fs::exists(path / "refused")) {
            std::string words;
            std::getline(std::ifstream(path / "refused"), words);
            check_message(error_of([&] { import_model(path / "model.onnx"); }),
                          {"model.onnx: ", words, ";"});
            refused++;
            continue;
        }
        try {
            check_case(path);
        } catch (const Error &error) {
            FAIL_CHECK(error.what());
        }
        compared++;
    }
    WARN(compared << " cases compared, " << refused << " refused");
    CHECK(compared > 150);
    CHECK(refused > 30);
}

} // namespace
} // namespace octet::test
