// Target descriptions: what ships is valid, and every kind of mistake is named with its place.
#include "compiler/support/error.h"
#include "compiler/target/target.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace octet;
using nlohmann::json;

namespace {

json shipped(const std::string &name) {
    return json::parse(std::ifstream(target_directory() / (name + ".json")));
}

/// The message of reading `description`; empty when it is accepted.
std::string message_for(const std::string &text) {
    const fs::path file = fs::temp_directory_path() / fmt::format("octet-{}.json", getpid());
    std::ofstream(file) << text;
    std::string message;
    try {
        read_target(file);
    } catch (const Error &error) {
        message = error.what();
        CHECK(message.starts_with(file.string() + ": "));
        CHECK(message.find('\n') == std::string::npos);
        message.erase(0, file.string().size() + 2);
    }
    fs::remove(file);
    return message;
}

std::string message_with(const char *pointer, json value) {
    json description = shipped("x86-64-avx2");
    description[json::json_pointer(pointer)] = std::move(value);
    return message_for(description.dump());
}

std::string message_without(const char *key) {
    json description = shipped("x86-64-avx2");
    description.erase(key);
    return message_for(description.dump());
}

} // namespace

TEST_CASE("Every shipped target is valid and carries its file's name", "[targets]") {
    const std::vector<std::string> names = target_names();
    REQUIRE(names.size() >= 3);
    CHECK(names.front() == "host");
    for (const std::string &name : names) {
        if (name == "host")
            continue;
        const Target target = find_target(name);
        CHECK(target.name == name);
        CHECK((target.cache_bytes("l1d") > 0) == (target.lane == "object"));
        CHECK(target.cache_bytes("l9") == 0);
    }
}

TEST_CASE("The fields reach the struct", "[targets]") {
    const Target vnni = find_target("x86-64-avx512-vnni");
    CHECK(vnni.vector_bytes() == 64);
    CHECK(vnni.vector_registers == 32);
    CHECK(vnni.dot_lanes == 4);
    CHECK(vnni.unsigned_activations());
    CHECK(vnni.channel_alignment == 16);
    CHECK(vnni.lane == "object");
    CHECK(vnni.runner.kind == Runner::Kind::in_process);
    CHECK(find_target("x86-64-avx2").dot_lanes == 0);
    CHECK(command_line(vnni.toolchain.archive, "libm.a", {"a.o", "b.o"}) ==
          std::vector<std::string>{"ar", "rcsD", "libm.a", "a.o", "b.o"});
}

TEST_CASE("The fields of chips without an operating system reach the struct", "[targets]") {
    const Target m4 = find_target("cortex-m4");
    CHECK(m4.lane == "c");
    CHECK(m4.fixed_epilogue());
    CHECK(m4.weight_alignment == 16);
    CHECK(m4.memories.at(0).address == 0x20000000);
    CHECK(m4.ram_bytes > 0);
    CHECK(m4.flash_bytes > 0);
    CHECK_FALSE(m4.toolchain.kernel_compiler.empty());
    CHECK_FALSE(m4.toolchain.link.empty());
    CHECK(m4.runner.kind == Runner::Kind::command);
    CHECK_FALSE(runs_here(m4));
    CHECK_FALSE(m4.has_instruction("no_such_instruction"));
    CHECK(find_target("cortex-m0plus").dot_lanes == 0);
    CHECK(find_target("cortex-m55").dot_lanes == 16);
    const Target avx2 = find_target("x86-64-avx2");
    CHECK_FALSE(avx2.fixed_epilogue());
    CHECK(avx2.weight_alignment == 64);
    CHECK(avx2.ram_bytes == 0);
}

TEST_CASE("Commands find what ships beside the targets", "[targets]") {
    CHECK(command_line({"cc", "-I{targets}", "{input}"}, "", {"a.c"}) ==
          std::vector<std::string>{"cc", "-I" + (shipped_directory() / "targets").string(), "a.c"});
}

TEST_CASE("Programs that are not installed are named once", "[targets]") {
    Target target = find_target("x86-64-avx2");
    target.toolchain.c_compiler[0] = target.toolchain.archive[0] = "no-such-compiler";
    CHECK(missing_programs(target, false) == std::vector<std::string>{"no-such-compiler"});
    target.runner.command = {"no-such-emulator", "{program}"};
    CHECK(missing_programs(target, true).size() == 2);
    target.toolchain.c_compiler[0] = target.toolchain.archive[0] = "/bin/sh";
    target.toolchain.link_shared[0] = "sh";
    CHECK(missing_programs(target, false).empty());
}

#if defined(__x86_64__)
TEST_CASE("host is the first candidate that runs here", "[targets]") {
    const Target host = find_target("host");
    CHECK(runs_here(host));
    for (const json &name : shipped("host")["candidates"]) {
        if (name == host.name)
            break;
        CHECK_FALSE(runs_here(find_target(name)));
    }
}

TEST_CASE("A missing processor flag or another architecture does not run here", "[targets]") {
    Target target = find_target("host");
    target.cpu_features.push_back("no_such_flag");
    CHECK_FALSE(runs_here(target));
    Target arm = find_target("host");
    arm.halide = "arm-64-linux";
    arm.cpu_features.clear();
    CHECK_FALSE(runs_here(arm));
}
#endif

TEST_CASE("An unknown name lists the known ones", "[targets]") {
    CHECK_THROWS_AS(find_target("z80"), UsageError);
    CHECK_THROWS_WITH(find_target("z80"), Catch::Contains("'z80'") &&
                                              Catch::Contains("use host, ") &&
                                              Catch::Contains(", x86-64-avx2, "));
    CHECK_THROWS_AS(find_target("../targets/host"), UsageError);
    CHECK_THROWS_AS(find_target("no/such.json"), UsageError);
}

TEST_CASE("Mistakes are named with field, reason and remedy", "[targets]") {
    CHECK(message_for(shipped("x86-64-avx2").dump()).empty());
    CHECK(message_with("/vector_bits", 7) ==
          "field /vector_bits is 7, below 32; give width of a vector register in bits; 32 for a "
          "chip without vectors");
    CHECK_THAT(message_with("/vector_bits", 100), Catch::Contains("not a multiple of 32"));
    CHECK_THAT(message_with("/vector_bits", "wide"),
               Catch::Contains("/vector_bits is of type string, not integer"));
    CHECK_THAT(message_with("/vector_registers", 1000), Catch::Contains("above 256"));
    CHECK_THAT(message_with("/activations", "s16"),
               Catch::Contains("/activations is \"s16\", not one of \"u8\", \"s8\""));
    CHECK_THAT(message_with("/caches/1/bytes", -1), Catch::Contains("/caches/1/bytes"));
    CHECK_THAT(message_with("/colour", "red"),
               Catch::Contains("field /colour is not a field of a target description; use one of"));
    CHECK_THAT(message_with("/runner/kind", "magic"), Catch::Contains("/runner/kind"));
    CHECK_THAT(message_with("/runner", {{"kind", "command"}}),
               Catch::Contains("/runner/command is missing"));
    CHECK_THAT(message_with("/toolchain/archive", json::array()),
               Catch::Contains("/toolchain/archive has 0 elements"));
    CHECK_THAT(message_with("/lane", "c"),
               Catch::Contains("/toolchain/kernel_compiler is missing"));
    CHECK_THAT(message_with("/runner", {{"kind", "command"}, {"command", {"run", "{program}"}}}),
               Catch::Contains("/toolchain/link is missing"));
    json other_family = shipped("cortex-m4");
    other_family["family"] = "x86";
    CHECK_THAT(message_for(other_family.dump()),
               Catch::Contains("/family is \"x86\", which has no headers for lane \"c\""));
    CHECK_THAT(message_with("/weight_alignment", 24), Catch::Contains("24, not a power of two"));
    CHECK_THAT(message_with("/epilogue", "double"), Catch::Contains("/epilogue is \"double\""));
    CHECK_THAT(message_with("/ram_bytes", 0), Catch::Contains("/ram_bytes is 0, below 1"));
    for (const char *address : {"here", "", "0x20000000 and more", "-4", "0x11112222333344445"})
        CHECK_THAT(
            message_with("/memories", {{{"name", "sram"}, {"bytes", 64}, {"address", address}}}),
            Catch::Contains("/memories/0/address is "));
    const auto with_memory = [](const char *field, const json &value) {
        json memory = {{"name", "sram"}, {"bytes", 64}, {"address", "0x40"}};
        memory[field] = value;
        return message_with("/memories", {memory});
    };
    CHECK(with_memory("reserved_bytes", 64).empty());
    CHECK_THAT(with_memory("reserved_bytes", 65),
               Catch::Contains("/memories/0/reserved_bytes is more than the memory has"));
    CHECK_THAT(with_memory("kind", "rom"), Catch::Contains("not one of \"ram\", \"flash\""));
    CHECK_THAT(with_memory("address", "0x20000020"),
               Catch::Contains("/memories/0/address is not a multiple of weight_alignment"));
    const json ram = {{"name", "sram"}, {"bytes", 64}},
               flash = {{"name", "f"}, {"bytes", 64}, {"kind", "flash"}};
    CHECK(message_with("/memories", {ram, ram, flash, ram, ram}).empty());
    CHECK_THAT(message_with("/memories", {ram, ram, flash, ram, ram, ram}),
               Catch::Contains("/memories/5 is RAM number 5; give at most 4 RAMs"));
    CHECK_THAT(message_with("/halide", "z80-cpm"), Catch::Contains("\"z80-cpm\""));
    CHECK_THAT(message_with("/description", ""), Catch::Contains("/description is an empty"));
    CHECK_THAT(message_without("family"),
               Catch::Contains("/family is missing; give the schedules"));
    CHECK_THAT(message_without("toolchain"), Catch::Contains("/toolchain is missing"));
}

TEST_CASE("Files that are not descriptions are refused in one line", "[targets]") {
    CHECK_THAT(message_for("{\"lane\": "), Catch::Contains("not valid JSON"));
    CHECK_THAT(message_for(""), Catch::Contains("cannot be read"));
    CHECK_THAT(message_for("[]"), Catch::Contains("is of type array, not object"));
    CHECK_THAT(message_for(std::string(100000, '[')), Catch::Contains("not valid JSON"));
    CHECK_THAT(message_for(R"({"candidates": []})"), Catch::Contains("/candidates has 0"));
    CHECK_THROWS_AS(read_target(fs::temp_directory_path()), Error);
}

TEST_CASE("OCTET_TARGETS names another folder", "[targets]") {
    const fs::path shipped_directory = target_directory();
    const fs::path folder = fs::temp_directory_path() / fmt::format("octet-{}", getpid());
    fs::create_directory(folder);
    fs::copy(shipped_directory / "x86-64-avx2.json", folder / "mine.json");
    setenv("OCTET_TARGETS", folder.c_str(), 1);
    CHECK(target_names() == std::vector<std::string>{"mine"});
    CHECK(find_target("mine").name == "mine");
    unsetenv("OCTET_TARGETS");
    fs::remove_all(folder);
}
