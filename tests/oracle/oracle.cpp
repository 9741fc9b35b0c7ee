#include "tests/oracle/oracle.h"

#include "compiler/export/export.h"
#include "tests/support/write_file.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/wait.h>
#include <unistd.h>

namespace octet::test {

namespace {

constexpr int engine_missing = 77;

Bytes read_file(const std::filesystem::path &path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A folder that goes away with its owner.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "octet_oracle_XXXXXX";
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;
    const std::filesystem::path &path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::filesystem::path case_folder(const TemporaryFolder &folder, size_t i) {
    return folder.path() / fmt::format("case{:05}", i);
}

} // namespace

std::optional<std::vector<OracleAnswer>> ask_oracle(const std::string &engine,
                                                    const std::vector<OracleCase> &cases) {
    if (!std::filesystem::exists(OCTET_PYTHON)) {
        WARN("skipped: " << OCTET_PYTHON << " does not exist; run scripts/setup");
        return std::nullopt;
    }
    const TemporaryFolder folder;
    for (size_t i = 0; i < cases.size(); ++i) {
        const std::filesystem::path path = case_folder(folder, i);
        std::filesystem::create_directory(path);
        export_model(cases[i].graph,
                     path / (engine.starts_with("onnx") ? "model.onnx" : "model.tflite"));
        for (size_t k = 0; k < cases[i].inputs.size(); ++k)
            write_file(path / fmt::format("input{}.bin", k), cases[i].inputs[k]);
    }
    const std::string log = folder.path() / "log";
    const int status = std::system(fmt::format("'{}' '{}' '{}' {} > '{}' 2>&1", OCTET_PYTHON,
                                               OCTET_ORACLE, folder.path().string(), engine, log)
                                       .c_str());
    if (WIFEXITED(status) && WEXITSTATUS(status) == engine_missing) {
        WARN("skipped: the oracles are not installed; run scripts/setup");
        return std::nullopt;
    }
    if (status != 0) {
        const Bytes text = read_file(log);
        FAIL("oracle.py " << engine << " ended with status " << status << ":\n"
                          << std::string(text.begin(), text.end()));
    }
    std::vector<OracleAnswer> answers(cases.size());
    for (size_t i = 0; i < cases.size(); ++i) {
        const std::filesystem::path path = case_folder(folder, i);
        const Bytes error = read_file(path / (engine + ".error"));
        answers[i].error.assign(error.begin(), error.end());
        for (size_t k = 0; error.empty() && k < cases[i].graph.outputs.size(); ++k)
            answers[i].outputs.push_back(
                read_file(path / fmt::format("{}.output{}.bin", engine, k)));
        std::ifstream operators(path / (engine + ".operators"));
        for (std::string kind; std::getline(operators, kind);)
            answers[i].operators.push_back(kind);
    }
    return answers;
}

} // namespace octet::test
