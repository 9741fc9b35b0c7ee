#include "tests/targets/emulated_program.h"

#include <catch2/catch.hpp>

namespace octet::test {

namespace {

const std::string source = OCTET_SOURCE, firmware = source + "/targets/cortex_m/firmware/";

} // namespace

Command run_program(const Core &core, const std::string &compiler, const std::string &program) {
    const TemporaryFolder folder;
    const std::string here = "cd " + folder.path().string() + " && ";
    const std::string flags = std::string(core.flags) + " -mthumb -Os -DOCTET_SEMIHOSTING -c";
    std::string build = here + "arm-none-eabi-gcc " + flags;
    for (const char *file : {"startup.c", "fault.c", "board.c", "semihosting.c"})
        build += " " + firmware + file;
    build +=
        " && " + compiler + " -std=c++17 -ffreestanding -fno-exceptions -fno-rtti -I" + source +
        "/targets -I" + firmware + " -c " + source + "/tests/targets/" + program +
        " && arm-none-eabi-gcc " + core.flags + " -mthumb -nostartfiles -T " + firmware +
        "firmware.ld -Wl,--defsym=firmware_flash_origin=" + core.flash_origin +
        ",--defsym=firmware_flash_bytes=0x80000,--defsym=firmware_ram_origin=" + core.ram_origin +
        ",--defsym=firmware_ram_bytes=0x80000,--defsym=firmware_stack_bytes=4096 *.o "
        "-o p.elf";
    const Command built = run_shell(build);
    if (built.exit_code != 0)
        return built;
    // On its own: what the linker has to say is no output of the program.
    return run_shell(here +
                     "timeout 60 qemu-system-arm -display none -serial none -monitor none "
                     "-semihosting-config enable=on,target=native -M " +
                     core.machine + " -kernel p.elf");
}

bool skipped_without(const std::string &tool) {
    if (run_shell("command -v " + tool).exit_code == 0)
        return false;
    WARN("skipped: needs " << tool);
    return true;
}

} // namespace octet::test
