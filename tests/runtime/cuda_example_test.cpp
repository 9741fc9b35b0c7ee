// examples/cuda_stream as a user builds and runs it: any number of images through a network for a
// batch, on the interpreter that poses as the driver, equal to the reference.
#include "compiler/reference/interpreter.h"
#include "tests/cli/command.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>

namespace octet::test {
namespace {

Graph classifier() {
    RandomGraph g(5, "classifier");
    const TensorId x = g.input({1, 5, 4, 8});
    const TensorId y = g.conv2d(x, {.channels_out = 8, .activation = Activation::relu});
    return g.finish({g.fully_connected(g.reshape(y, {1, 48}), {.channels_out = 7})});
}

void save(const std::filesystem::path &file, const Bytes &bytes) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
}

Bytes load(const std::filesystem::path &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_CASE("The example for CUDA runs images on its own stream", "[cuda]") {
    const Workplace here;
    const Graph graph = classifier();
    here.write_model(graph, "classifier");
    const auto must = [&](const std::string &script) {
        const Outcome outcome = here.shell(script);
        INFO(script << "\n" << outcome.out << outcome.err);
        REQUIRE(outcome.exit_code == 0);
    };
    // The interpreter reads PTX; machine code for each card would only take time.
    must("$OCTET compile classifier.tflite --target cuda-sm61 --batch 4 -o model");
    must(fmt::format("{0} -S {1}/examples/cuda_stream -B build -DMODEL_DIR=$PWD/model "
                     "-DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS=-Werror && {0} --build build",
                     OCTET_CMAKE, OCTET_SOURCE));
    for (const int images : {1, 4, 6}) {
        INFO(images << " images");
        Bytes input, expected;
        for (int image = 0; image < images; ++image) {
            const std::vector<Bytes> one = random_inputs(graph, uint32_t(image + 1));
            const Bytes output = reference::run(graph, one).at(size_t(graph.outputs[0]));
            input.insert(input.end(), one[0].begin(), one[0].end());
            expected.insert(expected.end(), output.begin(), output.end());
        }
        save(here / "images.raw", input);
        must(fmt::format("LD_LIBRARY_PATH={} build/cuda_stream model/classifier.octet images.raw "
                         "outputs.raw",
                         OCTET_CUDA_INTERPRETER));
        CHECK(load(here / "outputs.raw") == expected);
    }
    const Outcome old =
        here.shell(fmt::format("OCTET_CUDA_EMULATOR=cc=5.0 LD_LIBRARY_PATH={} build/cuda_stream "
                               "model/classifier.octet images.raw outputs.raw",
                               OCTET_CUDA_INTERPRETER));
    CHECK(old.exit_code == 1);
    CHECK_THAT(old.err, Catch::Contains("compute capability 5.0, the kernels need 6.1") &&
                            Catch::Contains("--target host"));
}

} // namespace
} // namespace octet::test
