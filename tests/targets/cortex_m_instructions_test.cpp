// The portable form of each function on words against the instructions of each core, in an
// emulator.
#include "tests/targets/cortex_m/program.h"

#include "tests/targets/emulated_program.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <sstream>

using namespace octet::test;

namespace {

void compare(const std::string &core, const std::string &compiler) {
    INFO(core << ": " << compiler);
    const Command command = run_program(core_named(core), compiler, "cortex_m/program.cpp");
    INFO(command.output);
    REQUIRE(command.exit_code == 0);
    std::istringstream lines(command.output);
    for (const instruction_test::Case &c : instruction_test::cases) {
        INFO(c.name);
        uint32_t hash = 0;
        REQUIRE(lines >> hash);
        CHECK(hash == c.hash());
    }
}

} // namespace

TEST_CASE("roundings of floats equal the mathematical library's") {
    instruction_test::Words words;
    for (int i = 0; i < 200000; ++i) {
        const uint32_t a = words.next(), b = words.next();
        const float x = instruction_test::number(a, b);
        INFO(x);
        const auto same = [](float y, float z) {
            return instruction_test::bits(y) == instruction_test::bits(z);
        };
        if (!same(round_f32(x), std::nearbyint(x)) || !same(trunc_f32(x), std::trunc(x)) ||
            !same(floor_f32(x), std::floor(x)))
            FAIL("differs");
    }
}

TEST_CASE("functions on words equal their portable forms on every core") {
    if (const std::string tool = missing_tool(); !tool.empty()) {
        WARN("skipped: needs " << tool);
        return;
    }
    for (const Core &core : cores())
        for (const std::string options : {" -O2", " -Os", " -O2 -DOCTET_PORTABLE"})
            compare(core.name, "arm-none-eabi-g++ -mthumb " + std::string(core.flags) + options);
}

TEST_CASE("functions on words equal their portable forms by the compiler of M55") {
    if (!missing_tool().empty() || skipped_without("clang-19"))
        return;
    for (const std::string level : {"-O3", "-Os"})
        compare("m55", "clang-19 --target=thumbv8.1m.main-none-eabihf -mcpu=cortex-m55 "
                       "-mfloat-abi=hard -fshort-enums " +
                           level);
}
