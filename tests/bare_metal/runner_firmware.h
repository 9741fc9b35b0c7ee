// Builds a runner firmware with arm-none-eabi-gcc and runs it in QEMU, as a test sees it: a script
// in, results, console, exit code and instruction counts out.
#pragma once

#include "compiler/graph/graph.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace octet::test {

/// A core, the emulator's machine that has it, and where its memory is.
struct Core {
    const char *name, *flags, *machine, *flash_origin, *ram_origin;
    double
        instructions_per_tick; ///< of SysTick, under -icount shift=0: 1 ns over the clock's period
    bool faults_below_ram;     ///< the stack ends there
};
const std::vector<Core> &cores();
const Core &core_named(const std::string &name);

/// The first of the tools that is not there, or empty. A test that needs them says so and ends.
std::string missing_tool();

struct Command {
    int exit_code = 0;
    std::string output; ///< standard output and error
};
Command run_shell(const std::string &line);

/// The operations of the runner's script (targets/cortex_m/firmware/runner.c).
class RunnerScript {
public:
    enum Region : uint32_t { arena, weights, input, output };
    static constexpr uint32_t whole_network = 0xffffffff;

    RunnerScript &fill(Region region, uint32_t index, uint32_t offset, uint32_t bytes,
                       uint8_t value);
    RunnerScript &write(Region region, uint32_t index, uint32_t offset, const Bytes &data);
    RunnerScript &call(uint32_t n);
    RunnerScript &read(Region region, uint32_t index, uint32_t offset, uint32_t bytes);
    RunnerScript &paint();
    RunnerScript &marks();
    RunnerScript &word(uint32_t value);
    /// The finished script's bytes.
    Bytes end() const;

private:
    std::vector<uint32_t> words_{0x5354434f};
};

struct Run {
    int exit_code = 0;
    std::string console;
    std::vector<uint32_t> result;
    std::vector<uint64_t> counts; ///< one per call; empty without the plugin
    uint64_t total = 0;
};

/// A new folder that goes with the object.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;
    const std::filesystem::path &path() const { return path_; }

private:
    std::filesystem::path path_;
};

class Firmware {
public:
    /// `extra` are C sources beside the runner, which may replace its weak functions.
    Firmware(const Core &core, const Bytes &image, const std::vector<std::string> &extra = {});

    /// Runs `script` with the plugin that counts, or, with `icount`, with the emulator's clock
    /// driven by instructions.
    Run run(const Bytes &script, bool icount = false) const;

private:
    const Core &core_;
    TemporaryFolder folder_;
    std::string begin_, end_; ///< addresses of the counting functions
};

} // namespace octet::test
