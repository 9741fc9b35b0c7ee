// The runner firmware in QEMU, on every core: results, instruction counts, high-water marks,
// faults.
#include "octet/octet.h"
#include "tests/bare_metal/device_model.h"
#include "tests/bare_metal/runner_firmware.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <memory>
#include <sstream>

using namespace octet;
using namespace octet::test;

namespace {

using Script = RunnerScript;

/// True when the tools are there; says which is not.
bool tools_present() {
    const std::string tool = missing_tool();
    if (!tool.empty())
        WARN("skipped: there is no " << tool);
    return tool.empty();
}

Bytes sample_input() {
    Bytes input(device_elements);
    for (size_t i = 0; i < input.size(); ++i)
        input[i] = uint8_t(i * i);
    return input;
}

std::vector<uint32_t> expected_sums(const Bytes &input) {
    std::vector<uint32_t> sums(device_rows);
    for (size_t i = 0; i < input.size(); ++i)
        sums[i / device_columns] += uint8_t(input[i] + 11 * (i % device_columns) + 5);
    return sums;
}

/// The runner's firmware with the test's kernels, built once for each core.
const Firmware &device_firmware(const Core &core) {
    static std::map<std::string, std::unique_ptr<Firmware>> built;
    std::unique_ptr<Firmware> &firmware = built[core.name];
    if (firmware == nullptr)
        firmware = std::make_unique<Firmware>(core, device_image(),
                                              std::vector<std::string>{"device_kernels.c"});
    return *firmware;
}

/// A script that makes the last kernel misbehave in the given way.
Bytes misbehaving(uint8_t how) {
    return Script().fill(Script::input, 0, 0, 1, how).call(misbehave).end();
}

bool has(const std::string &text, const char *part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("The runner computes, counts and measures memory on every core") {
    if (!tools_present())
        return;
    for (const Core &core : cores()) {
        INFO(core.name);
        const Firmware &firmware = device_firmware(core);
        const Bytes input = sample_input();
        Script script;
        script.write(Script::input, 0, 0, input)
            .fill(Script::output, 0, 0, 16, 0xee)
            .call(Script::whole_network)
            .read(Script::output, 0, 0, 16);
        // The same by its calls, with the second half of the arena's tensor replaced in between.
        script.call(add).fill(Script::arena, 0, 128, 128, 1).call(sums);
        script.read(Script::output, 0, 0, 16).read(Script::arena, 0, 126, 3);
        // Counts that differ by what the kernels' counts say.
        script.call(spin_short).call(spin_long);
        // Marks: nothing but the runner's own, then two kernels with a known use of the stack.
        for (const DeviceCall call : {spin_short, stack_small, stack_large})
            script.paint().call(uint32_t(call)).marks();
        script.paint().call(add).marks();
        const Run run = firmware.run(script.end());
        INFO(run.console);
        REQUIRE(run.exit_code == 0);
        CHECK(run.console.empty());
        REQUIRE(run.result.size() == 1 + 4 + 2 + 4 + 1 + 2 + 4 * 3);

        const std::vector<uint32_t> sums_right = expected_sums(input);
        auto word = run.result.begin();
        const auto next = [&word](size_t n) {
            word += std::ptrdiff_t(n);
            return std::vector<uint32_t>(word - std::ptrdiff_t(n), word);
        };
        CHECK(next(1) == std::vector<uint32_t>{0});
        CHECK(next(4) == sums_right);
        CHECK(next(2) == std::vector<uint32_t>{0, 0});
        CHECK(next(4) == std::vector<uint32_t>{sums_right[0], sums_right[1], 64, 64});
        const auto byte = [&](size_t i) { return uint32_t(uint8_t(input[i] + 11 * (i % 64) + 5)); };
        CHECK(next(1) == std::vector<uint32_t>{byte(126) | byte(127) << 8 | 1 << 16});
        CHECK(next(2) == std::vector<uint32_t>{0, 0});
        const auto least = next(3);
        const auto small = next(3);
        const auto large = next(3);
        const auto arena_touched = next(3);
        CHECK(least[2] == 0);
        CHECK(small[2] == 0);
        CHECK(arena_touched[2] == device_elements);
        CHECK(least[1] < 300);
        // The kernel's own frame may come on top of what it asks for.
        CHECK(small[1] >= device_stack[0]);
        CHECK(small[1] < device_stack[0] + 300);
        CHECK(large[1] - small[1] == device_stack[1] - device_stack[0]);

        REQUIRE(run.counts.size() == 9);
        const uint64_t short_spin = run.counts[3];
        CHECK(run.counts[4] - short_spin == 2 * (device_spins[1] - device_spins[0]));
        CHECK(short_spin > 2 * device_spins[0]);
        CHECK(short_spin < 2 * device_spins[0] + 40); // nothing of the runtime beside its kernel
        CHECK(run.counts[5] == short_spin);
        CHECK(run.counts[0] > run.counts[1] + run.counts[2]); // counted alone and in the network
        CHECK(run.total > run.counts[0]);
    }
}

TEST_CASE("A second count, by the core's timer, agrees") {
    if (!tools_present())
        return;
    for (const Core &core : cores()) {
        INFO(core.name);
        const Bytes script = Script().call(spin_short).call(spin_long).end();
        const Run counted = device_firmware(core).run(script);
        REQUIRE(counted.exit_code == 0);
        const Run timed = Firmware(core, device_image(), {"device_kernels.c", "device_timer.c"})
                              .run(script, true);
        INFO(timed.console);
        REQUIRE(timed.exit_code == 0);
        std::istringstream lines(timed.console);
        std::vector<double> instructions;
        for (double ticks; lines >> ticks;)
            instructions.push_back(ticks * core.instructions_per_tick);
        REQUIRE(instructions.size() == 2);
        // Each reading is rounded to a tick, and includes a part of the functions that read.
        for (size_t i = 0; i < 2; ++i)
            CHECK(std::abs(instructions[i] - double(counted.counts[i])) <
                  2 * core.instructions_per_tick + 60);
    }
}

TEST_CASE("A fault says what and where, and fails") {
    if (!tools_present())
        return;
    for (const Core &core : cores()) {
        INFO(core.name);
        const bool says_why = std::string(core.name) != "m0plus";
        const Firmware &firmware = device_firmware(core);
        const Run fine = firmware.run(misbehaving(0));
        CHECK(fine.exit_code == 0);
        CHECK(fine.result == std::vector<uint32_t>{0});

        const Run undefined = firmware.run(misbehaving(1));
        CHECK(undefined.exit_code == 70);
        CHECK(has(undefined.console, "fault"));
        CHECK(has(undefined.console, " pc 0x"));
        CHECK(has(undefined.console, " lr 0x"));
        CHECK(has(undefined.console, "undefined instruction") == says_why);
        CHECK(has(undefined.console, " cfsr 0x00010000 ") == says_why);

        const Run address = firmware.run(misbehaving(2));
        INFO(address.console);
        CHECK(address.exit_code == 70);
        CHECK(has(address.console, "no memory at the data address") == says_why);

        if (core.faults_below_ram) {
            const Run overflow = firmware.run(misbehaving(3));
            INFO(overflow.console);
            CHECK(overflow.exit_code == 70);
            CHECK(has(overflow.console, "stack"));
        }
        const Run full = firmware.run(misbehaving(5));
        CHECK(full.exit_code == 1);
        CHECK(has(full.console, "the stack is used up"));

        // A kernel that reports an error is no fault.
        const Run error = firmware.run(misbehaving(4));
        CHECK(error.exit_code == 0);
        CHECK(error.result == std::vector<uint32_t>{uint32_t(OCTET_ERROR_KERNEL)});
    }
}

TEST_CASE("The runner refuses bad scripts and models in one line") {
    if (!tools_present())
        return;
    const Core &core = core_named("m4");
    const Firmware &firmware = device_firmware(core);
    const auto refuses = [&](const Bytes &script, const char *reason) {
        const Run run = firmware.run(script);
        INFO(run.console);
        CHECK(run.exit_code == 1);
        CHECK(has(run.console, reason));
    };
    refuses({}, "the script ends early");
    refuses(Bytes(64, 0), "this is not a script");
    Bytes cut = Script().write(Script::input, 0, 0, sample_input()).end();
    cut.resize(cut.size() - 8);
    refuses(cut, "the script ends early");
    refuses(Script().word(7).end(), "unknown operation");
    refuses(Script().marks().end(), "before it paints");
    const char *memory = "memory that the model does not have";
    refuses(Script().read(Script::arena, 1, 0, 4).end(), memory);
    refuses(Script().read(Script::weights, 0, 0, 4).end(), memory);
    refuses(Script().read(Script::input, 1, 0, 4).end(), memory);
    refuses(Script().read(Script::output, 0, 13, 4).end(), memory);
    refuses(Script().read(Script::arena, 0, 8, 0xfffffffc).end(), memory);
    // A call that is not there is the runtime's to refuse.
    CHECK(firmware.run(Script().call(7).end()).result ==
          std::vector<uint32_t>{uint32_t(OCTET_ERROR_ARGUMENT)});

    Bytes damaged = device_image();
    damaged.back() ^= 1;
    const Run run = Firmware(core, damaged, {"device_kernels.c"}).run(Script().end());
    CHECK(run.exit_code == 1);
    CHECK(has(run.console, "wrong checksum"));
}

TEST_CASE("The runtime's code is below 4 KB on a Cortex-M4") {
    if (!tools_present())
        return;
    const std::string source = OCTET_SOURCE;
    const Command sizes = run_shell(
        "folder=$(mktemp -d) && cd $folder && arm-none-eabi-g++ " +
        std::string(core_named("m4").flags) +
        " -mthumb -Os -std=c++17 -ffreestanding -nostdinc++ -fno-exceptions -fno-rtti -I" + source +
        " -I" + source + "/runtime/include -c " + source + "/runtime/bare_metal/*.cpp " + source +
        "/runtime/core/status.cpp && arm-none-eabi-size *.o && arm-none-eabi-nm -u *.o | sort -u; "
        "rm -r $folder");
    REQUIRE(sizes.exit_code == 0);
    std::istringstream lines(sizes.output);
    std::string line;
    std::getline(lines, line);
    unsigned text = 0;
    for (unsigned t, data, bss; lines >> t >> data >> bss; std::getline(lines, line)) {
        text += t;
        CHECK(data + bss == 0);
    }
    INFO(sizes.output);
    CHECK(text > 1000);
    CHECK(text < 4096);
    // Nothing of a library but what compilers themselves call.
    for (const char *call : {"malloc", "__cxa", "_Znw", "_Unwind", "abort", "__gxx"})
        CHECK_FALSE(has(sizes.output, call));
}
