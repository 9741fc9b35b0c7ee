// From a .tflite file to a firmware that runs: what octet compile writes is built by CMake and
// arm-none-eabi-gcc from that folder alone, computes what the reference computes, and says what is
// wrong with a model that it cannot run.
#include "compiler/reference/interpreter.h"
#include "tests/cli/command.h"
#include "tests/support/installed.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace octet::test {
namespace {

Graph small(uint32_t seed) {
    RandomGraph g(seed, "small");
    const TensorId x = g.conv2d(g.input({1, 6, 5, 3}), {.channels_out = 8});
    return g.finish({g.fully_connected(g.reshape(x, {1, 96}), {.channels_out = 10})});
}

/// What the example prints of the output: main.c fills the input with multiples of 7.
std::string expected_line(const Graph &graph) {
    Bytes input(graph.tensor(graph.inputs[0]).bytes());
    for (size_t k = 0; k < input.size(); ++k)
        input[k] = uint8_t(k * 7);
    const TensorId output = graph.outputs[0];
    const Bytes values = reference::run(graph, {input})[size_t(output)];
    size_t top = 0;
    for (size_t k = 1; k < values.size(); ++k)
        if (int8_t(values[k]) > int8_t(values[top]))
            top = k;
    return fmt::format("{}: largest is element {}, stored as {}\n", graph.tensor(output).name, top,
                       int8_t(values[top]));
}

/// Builds the firmware in `folder` and runs it in the emulator.
Outcome run_firmware(const Workplace &here, const std::string &folder) {
    const Outcome built = here.shell(
        fmt::format("cd {} && cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=toolchain.cmake "
                    "-DCMAKE_C_FLAGS=-Werror -DCMAKE_CXX_FLAGS=-Werror && cmake --build build",
                    folder));
    INFO(built.out << built.err);
    REQUIRE(built.exit_code == 0);
    return here.shell(fmt::format("cd {} && cmake --build build --target run", folder));
}

/// The copy of `folder` as `copy`, changed by a shell command there, ends with `message`.
void check_broken(const Workplace &here, const std::string &folder, const std::string &change,
                  const std::string &message) {
    INFO(change);
    REQUIRE(
        here.shell(fmt::format("rm -rf broken && cp -r {} broken && rm -rf broken/firmware/build "
                               "&& cd broken && {}",
                               folder, change))
            .exit_code == 0);
    const Outcome outcome = run_firmware(here, "broken/firmware");
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit_code != 0);
    CHECK_THAT(outcome.out + outcome.err, Catch::Contains("small: " + message + "\n"));
    CHECK_THAT(outcome.out + outcome.err, !Catch::Contains("largest"));
}

void check_firmware(const std::string &target) {
    if (!installed(target))
        return;
    const Workplace here;
    const Graph graph = small(3);
    here.write_model(graph, "small");
    REQUIRE(here.octet("compile small.tflite --target " + target + " -o out").exit_code == 0);
    const Outcome outcome = run_firmware(here, "out/firmware");
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out + outcome.err, Catch::Contains(expected_line(graph)));
}

} // namespace

TEST_CASE("Compiled models become firmware that computes what the reference does", "[cli]") {
    for (const std::string target : {"cortex-m0plus", "cortex-m4", "cortex-m33", "cortex-m55"})
        check_firmware(target);
}

TEST_CASE("Real inputs and outputs of a firmware", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    RandomGraph g(5, "real");
    const TensorId x = g.conv2d(g.quantize(g.input({1, 5, 5, 3}, DType::f32)), {});
    here.write_model(g.finish({g.dequantize(x)}), "real");
    REQUIRE(here.octet("compile real.tflite --target cortex-m4 -o out").exit_code == 0);
    // Scales of 0 are constants of C, too, and nothing but the kernels computes with reals.
    REQUIRE(here.shell("echo 'const float scale = OCTET_REAL_INPUT0_SCALE; const unsigned bytes = "
                       "OCTET_REAL_IMAGE_BYTES;' >> out/firmware/main.c")
                .exit_code == 0);
    const Outcome outcome = run_firmware(here, "out/firmware");
    INFO(outcome.out << outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.out + outcome.err, Catch::Contains("largest is element"));
    const Outcome verified = here.octet("verify real.tflite --target cortex-m4 --cases 4");
    CHECK_THAT(verified.out, Catch::Contains("0 mismatches in "));
}

TEST_CASE("A firmware says why it cannot run a model, before any kernel runs", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    here.write_model(small(3), "small");
    here.write_model(small(4), "other");
    REQUIRE(here.octet("compile small.tflite --target cortex-m4 -o out").exit_code == 0);
    const auto broken = [&](const std::string &change, const std::string &message) {
        check_broken(here, "out", change, message);
    };
    const auto in_main = [&](const std::string &from, const std::string &to) {
        return fmt::format("sed -i 's/{0}/{1}/' firmware/main.c && grep -qF '{1}' firmware/main.c",
                           from, to);
    };
    // Of another target: the same model, whose kernels for that have the same names.
    REQUIRE(here.octet("compile small.tflite --target cortex-m7 -o m7").exit_code == 0);
    broken("cp ../m7/small.octet .", "model file and kernel library are for different targets");
    // One bit of the weights, in the last quarter of the file.
    broken("python3 -c \"d = bytearray(open('small.octet', 'rb').read()); "
           "d[len(d) * 3 // 4] ^= 16; open('small.octet', 'wb').write(d)\"",
           "wrong checksum, the model file is damaged");
    broken("echo OCTTOCTTOCTTOCTT > small.octet", "not a valid model file");
    broken(in_main("arena, sizeof arena", "arena, sizeof arena - 16"), "arena too small");
    broken(in_main("arena, sizeof arena", "arena + 4, sizeof arena - 4"), "misaligned pointer");
    broken(in_main("arena, sizeof arena", "(void *)0, sizeof arena"), "invalid argument");
    broken(in_main("model, inputs, outputs", "model, ((void)inputs, (void *)0), outputs"),
           "invalid argument");
}

} // namespace octet::test
