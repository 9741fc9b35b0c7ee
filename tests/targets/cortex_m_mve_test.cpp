// The portable form of each function for MVE against its instructions, in an emulator.
#include "tests/targets/cortex_m_mve/program.h"

#include "tests/bare_metal/runner_firmware.h"

#include <catch2/catch.hpp>

#include <sstream>

using namespace octet::test;

namespace {

const std::string source = OCTET_SOURCE, firmware = source + "/targets/cortex_m/firmware/";

/// What the program prints when `compiler`, a command with its flags, compiled it.
Command run_program(const std::string &compiler) {
    const TemporaryFolder folder;
    const Core &core = core_named("m55");
    const std::string flags = std::string(core.flags) + " -mthumb -Os -DOCTET_SEMIHOSTING -c";
    std::string line = "cd " + folder.path().string() + " && arm-none-eabi-gcc " + flags;
    for (const char *file : {"startup.c", "fault.c", "board.c", "semihosting.c"})
        line += " " + firmware + file;
    line +=
        " && " + compiler + " -std=c++17 -ffreestanding -fno-exceptions -fno-rtti -I" + source +
        "/targets -I" + firmware + " -c " + source + "/tests/targets/cortex_m_mve/program.cpp" +
        " && arm-none-eabi-gcc " + core.flags + " -mthumb -nostartfiles -T " + firmware +
        "firmware.ld -Wl,--defsym=firmware_flash_origin=" + core.flash_origin +
        ",--defsym=firmware_flash_bytes=0x80000,--defsym=firmware_ram_origin=" + core.ram_origin +
        ",--defsym=firmware_ram_bytes=0x80000,--defsym=firmware_stack_bytes=4096 *.o -o p.elf" +
        " && timeout 60 qemu-system-arm -display none -serial none -monitor none "
        "-semihosting-config enable=on,target=native -M " +
        core.machine + " -kernel p.elf";
    return run_shell(line);
}

bool missing(const std::string &tool) {
    return run_shell("command -v " + tool).exit_code != 0;
}

void compare(const std::string &compiler) {
    const Command command = run_program(compiler);
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
        if (missing("clang-19"))
            WARN("skipped with clang: needs clang-19");
        else
            compare("clang-19 --target=thumbv8.1m.main-none-eabihf -mcpu=cortex-m55 "
                    "-mfloat-abi=hard -fshort-enums " +
                    level);
        compare("arm-none-eabi-g++ -mcpu=cortex-m55 -mfloat-abi=hard -mthumb " + level);
    }
}
