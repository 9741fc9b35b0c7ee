// The verbs on a chip that an emulator runs: same results, counted instructions; programs that are
// missing, budgets that are too small and commands that fail are named.
#include "compiler/reference/interpreter.h"
#include "compiler/support/npy.h"
#include "tests/cli/command.h"
#include "tests/support/installed.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace octet::test {
namespace {

using nlohmann::json;

Graph small() {
    RandomGraph g(7, "small");
    const TensorId x = g.input({1, 6, 5, 3});
    const TensorId y = g.conv2d(x, {.channels_out = 8, .activation = Activation::relu});
    return g.finish({g.fully_connected(g.reshape(y, {1, 96}), {.channels_out = 5})});
}

/// Writes NAME.json: cortex-m4 with some fields changed.
void write_target(const Workplace &here, const std::string &name, const json &changes) {
    json description = json::parse(std::ifstream(OCTET_TARGETS_SOURCE "/cortex-m4.json"));
    description.merge_patch(changes);
    std::ofstream(here / (name + ".json")) << description.dump();
}

} // namespace

TEST_CASE("A network on an emulated chip: verify, run, bench, compile", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    const Graph graph = small();
    here.write_model(graph, "small");
    const Outcome verified = here.octet("verify small.tflite --target cortex-m4 --cases 3");
    INFO(verified.err);
    REQUIRE(verified.exit_code == 0);
    CHECK_THAT(verified.out, Catch::EndsWith("0 mismatches in 318 outputs\n")); // 3 (96 + 5 + 5)

    Array x{DType::s8, {4, 6, 5, 3}, {}}, expected{DType::s8, {4, 5}, {}};
    for (uint32_t sample = 1; sample <= 4; ++sample) {
        const std::vector<Bytes> inputs = random_inputs(graph, sample);
        const Bytes output = reference::run(graph, inputs).at(size_t(graph.outputs[0]));
        x.data.insert(x.data.end(), inputs[0].begin(), inputs[0].end());
        expected.data.insert(expected.data.end(), output.begin(), output.end());
    }
    const NpyFile file{here / "x.npy", &x};
    write_npy({&file, 1});
    REQUIRE(here.octet("run small.tflite --target cortex-m4 -i x.npy -o y.npy").exit_code == 0);
    CHECK(read_npy(here / "y.npy").data == expected.data);
    REQUIRE(here.octet("compile small.tflite --target cortex-m4 -o out").exit_code == 0);
    REQUIRE(here.octet("run out/small.octet --target cortex-m4 -i x.npy -o z.npy").exit_code == 0);
    CHECK(read_npy(here / "z.npy").data == expected.data);

    const Outcome bench = here.octet("bench small.tflite --target cortex-m4 --json b.json");
    REQUIRE(bench.exit_code == 0);
    CHECK_THAT(bench.out, Catch::Contains("instructions") && Catch::Contains("per MAC") &&
                              Catch::Contains("whole network") && Catch::Contains("stack: "));
    const json report = json::parse(std::ifstream(here / "b.json"));
    uint64_t sum = 0;
    for (const json &layer : report["layers"]) {
        CHECK(layer["seconds_min"].is_null());
        CHECK(layer["instructions"] > layer["macs"].get<int64_t>() / 4);
        sum += layer["instructions"].get<uint64_t>();
    }
    // The whole network is its layers and a few instructions to go from one to the next.
    const uint64_t total = report["total_instructions"];
    CHECK(total > sum - 200 * report["layers"].size());
    CHECK(total < sum + 200 * report["layers"].size());
    CHECK(report["total_seconds_min"].is_null());
    CHECK(report["stack_used_bytes"] > 0);
    CHECK(report["arena_used_bytes"] <= report["arena_bytes"]);
    CHECK(report["arena_used_bytes"] > 0);
}

TEST_CASE("Targets whose programs are missing are off", "[cli]") {
    const Workplace here;
    here.write_model(small(), "small");
    const Outcome list = here.shell("PATH=/none \"$OCTET\" targets");
    CHECK(list.exit_code == 0);
    CHECK_THAT(list.out, Catch::Contains("needs arm-none-eabi-g++, arm-none-eabi-gcc, "
                                         "arm-none-eabi-ar, qemu-system-arm"));
    for (const char *verb : {"verify", "bench", "compile -o out"})
        check_refused(here.shell(std::string("PATH=/none \"$OCTET\" ") + verb +
                                 " small.tflite --target cortex-m4"),
                      1, "target cortex-m4: needs arm-none-eabi-g++, arm-none-eabi-gcc");
    CHECK(here.files() == std::vector<std::string>{"small.tflite"});
}

TEST_CASE("A network that is larger than the chip is refused with what takes how much", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    here.write_model(small(), "small");
    const auto refuses = [&](const char *verb, const char *memory,
                             const std::vector<const char *> &table) {
        const Outcome refused = here.octet(std::string(verb) + " --target tiny.json");
        INFO(refused.err);
        CHECK(refused.exit_code == 1);
        CHECK(refused.out.empty());
        CHECK_THAT(refused.err, Catch::StartsWith("octet: small: needs ") &&
                                    Catch::Contains(std::string(" bytes of ") + memory));
        for (const char *row : table)
            CHECK_THAT(refused.err, Catch::Contains(row));
        // The table's numbers are the sum, and that is what is too much.
        std::istringstream lines(refused.err);
        std::string text;
        uint64_t needed = 0, more = 0, budget = 0, sum = 0;
        lines >> text >> text >> text >> needed >> text >> text >> text >> more >> text >> text >>
            text >> budget;
        std::getline(lines, text);
        for (uint64_t bytes; lines >> bytes; std::getline(lines, text))
            sum += bytes;
        CHECK(sum == needed);
        CHECK(more == needed - budget);
    };
    write_target(here, "tiny", {{"ram_bytes", 100}});
    refuses("compile small.tflite -o out", "RAM, ",
            {"  arena: ", "  inputs\n", "  outputs\n", "4096  stack", "  open model\n"});
    write_target(here, "tiny", {{"flash_bytes", 1500}});
    refuses(
        "verify small.tflite", "flash, ",
        {"  constants of ", "  list of calls", "  code of the kernels\n", "  code of the runtime"});
    // As much as it needs is enough.
    write_target(here, "tiny", {{"ram_bytes", 8192}, {"flash_bytes", 65536}});
    CHECK(here.octet("verify small.tflite --target tiny.json").exit_code == 0);
    CHECK(here.files() == std::vector<std::string>{"small.tflite", "tiny.json"});
}

TEST_CASE("A command that hangs or fails ends the verb", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    here.write_model(small(), "small");
    write_target(here, "board", {{"runner", {{"seconds", 1}, {"command", {"sleep", "60"}}}}});
    check_refused(here.octet("verify small.tflite --target board.json"), 1,
                  "target board: sleep took more than 1 s and was stopped");
    write_target(here, "board",
                 {{"runner", {{"command", {"sh", "-c", "echo no board; exit 9", "{program}"}}}}});
    check_refused(here.octet("bench small.tflite --target board.json"), 1,
                  "target board: sh exited with 9: no board");
    write_target(here, "board", {{"runner", {{"kind", "none"}, {"command", nullptr}}}});
    check_refused(here.octet("verify small.tflite --target board.json"), 2,
                  "this machine cannot run its code");
    CHECK(here.octet("compile small.tflite --target board.json -o out").exit_code == 0);
}

TEST_CASE("A folder of one's own targets finds what ships with Octet", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    here.write_model(small(), "small");
    std::filesystem::create_directory(here / "mine");
    write_target(here, "mine/chip", {{"description", "my chip"}});
    const Outcome verified =
        here.shell("OCTET_TARGETS=\"$PWD/mine\" \"$OCTET\" verify small.tflite --target chip");
    INFO(verified.err);
    CHECK(verified.exit_code == 0);
}

TEST_CASE("Knobs are tuned by counted instructions", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    here.write_model(small(), "small");
    const Outcome tuned = here.shell("OCTET_TUNED=\"$PWD/tuned\" \"$OCTET\" tune small.tflite "
                                     "--target cortex-m4 --budget 2");
    INFO(tuned.err);
    REQUIRE(tuned.exit_code == 0);
    CHECK_THAT(tuned.out,
               Catch::Contains(" instructions before, ") && Catch::Contains(" instructions after"));
    CHECK(std::filesystem::exists(here / "tuned/cortex-m4.json"));
}

} // namespace octet::test
