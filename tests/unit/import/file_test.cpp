// Files on disk: dispatch by content and extension, names, and what is said of a network's numbers.
#include "compiler/export/export.h"
#include "compiler/import/import.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"
#include "tests/support/write_file.h"

#include <unistd.h>

using namespace octet;
using namespace octet::test;

namespace {

/// A folder of its own that is removed at the end.
class Folder {
public:
    Folder() {
        path_ = std::filesystem::temp_directory_path() /
                ("octet_file_test_" + std::to_string(getpid()));
        std::filesystem::create_directories(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }

    std::filesystem::path write(const std::string &name, const Bytes &bytes) const {
        write_file(path_ / name, bytes);
        return path_ / name;
    }
    const std::filesystem::path &path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string import_error(const std::filesystem::path &file) {
    return error_of([&] { import_model(file); });
}

} // namespace

TEST_CASE("the name is an identifier from the file's stem") {
    const Folder folder;
    const auto file = folder.write("8-bit net.v2.tflite", to_tflite(random_network(1)));
    const Graph graph = import_model(file);
    CHECK(graph.name == "model_8_bit_net_v2");
    CHECK(graph.source == file.string());
    CHECK(graph.notes == std::vector<std::string>{describe_numbers(graph)});
    CHECK(identifier("résumé") == "r__sum__");
    CHECK(identifier("") == "model_");
}

TEST_CASE("the content decides, not the extension") {
    const Folder folder;
    CHECK_NOTHROW(import_model(folder.write("network.bin", to_tflite(random_network(1)))));
    check_message(import_error(folder.write("text.tflite", Bytes(100, 'a'))),
                  {"text.tflite: ", "TFL3", "give a .tflite file"});
}

TEST_CASE("what is not a network says so") {
    const Folder folder;
    const Bytes program = {16, 0, 0, 0, 'O', 'C', 'T', 'T', 0, 0, 0, 0};
    check_message(import_error(folder.write("net.octet", program)),
                  {"net.octet: ", "compiled program", "run"});
    check_message(import_error(folder.write("net.onnx", Bytes(100))),
                  {"net.onnx: ", "not a sound ONNX model"});
    check_message(import_error(folder.write("empty.tflite", {})), {"empty.tflite: "});
    check_message(import_error(folder.path()), {"not a file"});
    check_message(import_error(folder.path() / "absent.tflite"), {"no such file"});
    CHECK_THROWS_AS(import_model(folder.path() / "absent.tflite"), UsageError);
}

TEST_CASE("numbers are described in words") {
    CHECK(describe_numbers(random_network(1)) ==
          "int8 activations, int8 per-channel and int8 per-tensor weights, int8 inputs and "
          "outputs");
    CHECK(describe_numbers(random_network(1, DType::f32)) ==
          "float32 activations, float32 weights, float32 inputs and outputs");
    RandomGraph g;
    const TensorId x = g.input({2, 4}, DType::f32);
    const Graph graph = g.finish({g.dequantize(g.softmax(g.quantize(x)))});
    CHECK(describe_numbers(graph) == "int8 activations, float32 inputs and outputs");
}
