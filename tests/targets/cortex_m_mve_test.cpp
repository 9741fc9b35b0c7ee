// The portable form of each function for MVE against its instructions, in an emulator.
#include "tests/targets/cortex_m_mve/program.h"

#include "tests/targets/emulated_program.h"

#include <catch2/catch.hpp>

#include <sstream>

using namespace octet::test;

namespace {

void compare(const std::string &compiler) {
    const Command command = run_program(core_named("m55"), compiler, "cortex_m_mve/program.cpp");
    INFO(command.output);
    REQUIRE(command.exit_code == 0);
    std::istringstream lines(command.output);
    static mve_test::Data data;
    for (int n = 0; n < mve_test::case_count; ++n) {
        CAPTURE(n);
        uint32_t hash = 0;
        REQUIRE(lines >> hash);
        CHECK(hash == mve_test::run(n, data));
    }
}

} // namespace

TEST_CASE("functions for MVE equal their portable forms") {
    if (const std::string tool = missing_tool(); !tool.empty()) {
        WARN("skipped: needs " << tool);
        return;
    }
    for (const std::string level : {"-O3", "-Os"}) {
        if (!skipped_without("clang-19"))
            compare("clang-19 --target=thumbv8.1m.main-none-eabihf -mcpu=cortex-m55 "
                    "-mfloat-abi=hard -fshort-enums " +
                    level);
        compare("arm-none-eabi-g++ -mcpu=cortex-m55 -mfloat-abi=hard -mthumb " + level);
    }
}
