#include "tests/unit/import_onnx/onnx_case.h"

#include "compiler/reference/interpreter.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include <sys/wait.h>

namespace octet::test {

namespace fs = std::filesystem;

namespace {

constexpr int package_missing = 77;

/// Whether a note says that the value is channels last here.
bool channels_last(const Graph &graph, const std::string &role, const std::string &name) {
    for (const char *words : {"is taken as N", "is given as N"}) {
        const std::string start = fmt::format("{} '{}' {}", role, name, words);
        for (const std::string &note : graph.notes)
            if (note.rfind(start, 0) == 0)
                return true;
    }
    return false;
}

/// The array with its axes in `order`.
Array permuted(const Array &array, const std::vector<int> &order) {
    Array result = array;
    std::vector<size_t> strides(order.size(), 1);
    for (size_t axis = order.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * size_t(array.shape[axis]);
    for (size_t i = 0; i < order.size(); i++)
        result.shape[i] = array.shape[size_t(order[i])];
    const size_t size = size_of(array.dtype);
    std::vector<int> index(order.size(), 0);
    for (size_t at = 0; at < array.data.size(); at += size) {
        size_t from = 0;
        for (size_t i = 0; i < order.size(); i++)
            from += size_t(index[i]) * strides[size_t(order[i])];
        std::memcpy(&result.data[at], &array.data[from * size], size);
        for (size_t i = order.size(); i-- > 0 && ++index[i] == result.shape[i];)
            index[i] = 0;
    }
    return result;
}

std::vector<float> floats(const Array &array) {
    std::vector<float> result(array.data.size() / sizeof(float));
    std::memcpy(result.data(), array.data.data(), array.data.size());
    return result;
}

} // namespace

CaseFolder::CaseFolder() {
    std::string pattern = fs::temp_directory_path() / "octet_onnx_XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

CaseFolder::~CaseFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::vector<fs::path> CaseFolder::cases() const {
    std::vector<fs::path> result;
    for (const fs::directory_entry &entry : fs::directory_iterator(path_))
        if (entry.is_directory())
            result.push_back(entry.path());
    std::sort(result.begin(), result.end());
    return result;
}

bool run_script(const std::string &script, const CaseFolder &folder, const std::string &arguments) {
    if (!fs::exists(OCTET_PYTHON)) {
        WARN("skipped: " << OCTET_PYTHON << " does not exist; run scripts/setup");
        return false;
    }
    const std::string log = folder.path() / "log";
    const int status =
        std::system(fmt::format("'{}' '{}/{}' '{}' {} > '{}' 2>&1", OCTET_PYTHON,
                                OCTET_ONNX_SCRIPTS, script, folder.path().string(), arguments, log)
                        .c_str());
    if (WIFEXITED(status) && WEXITSTATUS(status) == package_missing) {
        WARN("skipped: the packages onnx and onnxruntime are not installed; run scripts/setup");
        return false;
    }
    if (status != 0) {
        std::stringstream text;
        text << std::ifstream(log).rdbuf();
        FAIL(script << " ended with status " << status << ":\n" << text.str());
    }
    return true;
}

std::vector<Array> arrays(const fs::path &folder, const std::string &stem) {
    std::vector<Array> result;
    for (int i = 0; fs::exists(folder / fmt::format("{}{}.npy", stem, i)); i++)
        result.push_back(read_npy(folder / fmt::format("{}{}.npy", stem, i)));
    return result;
}

std::vector<Array> interpret(const Graph &graph, const std::vector<Array> &inputs) {
    REQUIRE(inputs.size() == graph.inputs.size());
    std::vector<Bytes> bytes;
    for (size_t i = 0; i < inputs.size(); i++) {
        const Tensor &tensor = graph.tensor(graph.inputs[i]);
        const size_t rank = inputs[i].shape.size();
        const bool permute = channels_last(graph, "input", tensor.name);
        bytes.push_back(!permute    ? inputs[i].data
                        : rank == 4 ? permuted(inputs[i], {0, 2, 3, 1}).data
                                    : permuted(inputs[i], {0, 2, 1}).data);
    }
    const std::vector<Bytes> values = reference::run(graph, bytes);
    std::vector<Array> outputs;
    for (TensorId id : graph.outputs) {
        const Tensor &tensor = graph.tensor(id);
        Array array{tensor.dtype, tensor.shape, values[size_t(id)]};
        if (channels_last(graph, "output", tensor.name))
            array = tensor.shape.size() == 4 ? permuted(array, {0, 3, 1, 2})
                                             : permuted(array, {0, 2, 1});
        outputs.push_back(std::move(array));
    }
    return outputs;
}

double relative_error(const Array &ours, const Array &theirs) {
    const std::vector<float> a = floats(ours), b = floats(theirs);
    REQUIRE(a.size() == b.size());
    double error = 0, magnitude = 1e-3;
    for (size_t i = 0; i < a.size(); i++) {
        error = std::max(error, std::abs(double(a[i]) - double(b[i])));
        if (std::isnan(a[i]) != std::isnan(b[i]))
            return INFINITY;
        magnitude = std::max(magnitude, std::abs(double(b[i])));
    }
    return error / magnitude;
}

} // namespace octet::test
