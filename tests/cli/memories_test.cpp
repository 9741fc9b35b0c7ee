// A chip with several RAMs, from its description to results on an emulated one.
#include "tests/cli/command.h"
#include "tests/support/installed.h"
#include "tests/support/random_graph.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

namespace octet::test {
namespace {

using nlohmann::json;

/// Tensors of several sizes and lives: a branch, an addition in place, scratch.
Graph branches() {
    RandomGraph g(11, "branches");
    const TensorId x = g.input({1, 16, 16, 3});
    const TensorId y =
        g.conv2d(x, {.channels_out = 16, .same = true, .activation = Activation::relu});
    const TensorId z =
        g.conv2d(y, {.channels_out = 16, .same = true, .activation = Activation::relu});
    const TensorId sum = g.add(y, z);
    const TensorId last = g.conv2d(sum, {.channels_out = 8, .same = true});
    return g.finish({last});
}

/// The description of a shipped target with other memories, which its firmware gets.
json with_memories(const std::string &name, const json &memories) {
    json description = json::parse(std::ifstream(OCTET_TARGETS_SOURCE "/" + name + ".json"));
    json all = memories;
    for (const json &memory : description["memories"])
        if (memory.value("kind", "ram") == "flash")
            all.push_back(memory);
    description["memories"] = all;
    json &link = description["toolchain"]["link"];
    for (json &word : link)
        if (word.get<std::string>().find("firmware_ram_origin") != std::string::npos)
            word = "-Wl,--defsym=firmware_ram_origin={fast.address},"
                   "--defsym=firmware_ram_bytes={fast.bytes}";
    for (size_t i = 1; i < memories.size(); ++i) {
        const std::string name_i = memories[i]["name"], n = std::to_string(i);
        link.insert(link.begin() + 1, "-Wl,--defsym=firmware_ram" + n + "_origin={" + name_i +
                                          ".address},--defsym=firmware_ram" + n + "_bytes={" +
                                          name_i + ".bytes}");
    }
    return description;
}

void write(const Workplace &here, const std::string &name, const json &description) {
    std::ofstream(here / (name + ".json")) << description.dump();
}

/// The runner's stack and variables.
constexpr int reserved = 20480;

json fast(const char *address, int bytes) {
    return {{"name", "fast"},
            {"bytes", bytes + reserved},
            {"reserved_bytes", reserved},
            {"address", address}};
}

struct Board {
    const char *target;
    json memories;
};

/// Memories that the emulator's boards have: beside the RAM that the shipped targets use, PSRAM on
/// the MPS2, two more blocks of SRAM and DDR memory on the MPS3.
std::vector<Board> boards() {
    return {{"cortex-m4",
             {fast("0x20000000", 3000),
              {{"name", "psram"}, {"bytes", 65536}, {"address", "0x21000000"}}}},
            {"cortex-m55",
             {fast("0x20000000", 2000),
              {{"name", "sram"}, {"bytes", 5000}, {"address", "0x01000000"}},
              {{"name", "ddr"}, {"bytes", 65536}, {"address", "0x60000000"}}}}};
}

} // namespace

TEST_CASE("A network in several RAMs computes what it must", "[cli]") {
    const Workplace here;
    here.write_model(branches(), "branches");
    for (const Board &board : boards()) {
        if (!installed(board.target))
            continue;
        INFO(board.target);
        write(here, "board", with_memories(board.target, board.memories));
        const Outcome verified = here.octet("verify branches.tflite --target board.json --cases 2");
        INFO(verified.err);
        REQUIRE(verified.exit_code == 0);
        CHECK_THAT(verified.out, Catch::Contains("\n0 mismatches in "));
        const Outcome compiled = here.octet("compile branches.tflite --target board.json -o out");
        INFO(compiled.err);
        REQUIRE(compiled.exit_code == 0);
        const json arenas = json::parse(std::ifstream(here / "out/manifest.json"))["arenas"];
        REQUIRE(arenas.size() == board.memories.size());
        uint64_t total = 0;
        for (size_t i = 0; i < arenas.size(); ++i) {
            const json &memory = board.memories[i];
            CHECK(arenas[i]["memory"] == memory["name"]);
            CHECK(arenas[i]["bytes"] > 0);
            CHECK(arenas[i]["bytes"] <=
                  memory["bytes"].get<int>() - memory.value("reserved_bytes", 0));
            total += arenas[i]["bytes"].get<uint64_t>();
        }
        const Outcome bench =
            here.octet("bench out/branches.octet --target board.json --json b.json");
        INFO(bench.err);
        REQUIRE(bench.exit_code == 0);
        const json report = json::parse(std::ifstream(here / "b.json"));
        CHECK(report["arena_bytes"] == total);
        CHECK(report["arena_used_bytes"] <= total);
        CHECK(report["arena_used_bytes"] > total / 2);
    }
}

TEST_CASE("The firmware project has each arena in its RAM", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    here.write_model(branches(), "branches");
    write(here, "board", with_memories("cortex-m4", boards()[0].memories));
    REQUIRE(here.octet("compile branches.tflite --target board.json -o out").exit_code == 0);
    const Outcome built =
        here.shell("cd out/firmware && cmake -G Ninja -B build "
                   "-DCMAKE_TOOLCHAIN_FILE=toolchain.cmake -DCMAKE_C_FLAGS=-Werror && "
                   "cmake --build build && cmake --build build --target run && "
                   "arm-none-eabi-nm build/branches.elf");
    INFO(built.out << built.err);
    REQUIRE(built.exit_code == 0);
    CHECK_THAT(built.err,
               Catch::Contains(": largest is element ") && Catch::Contains("one run took "));
    const auto begins_with = [&](const char *address, const char *symbol) {
        const size_t end = built.out.find(std::string(" b ") + symbol + "\n");
        return end != std::string::npos && built.out.substr(end - 8, 3) == address;
    };
    CHECK(begins_with("200", "arena0"));
    CHECK(begins_with("210", "arena1"));
    CHECK(begins_with("210", "input0"));
}

TEST_CASE("A network that fits in no arrangement of RAMs is refused", "[cli]") {
    if (!installed("cortex-m4"))
        return;
    const Workplace here;
    here.write_model(branches(), "branches");
    json memories = boards()[0].memories;
    memories[1]["bytes"] = 6000; // the input and the output take some of it
    write(here, "board", with_memories("cortex-m4", memories));
    const Outcome refused = here.octet("verify branches.tflite --target board.json");
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.err, Catch::Contains(" fits in no RAM of target board at call ") &&
                                Catch::Contains("\n  fast: 3000 bytes for a network") &&
                                Catch::Contains("\n  psram: "));
}

} // namespace octet::test
