// Compiles one C++ file for a core and runs it in an emulator with the firmware's console: what the
// functions of targets/cortex_m compute there.
#pragma once

#include "tests/bare_metal/runner_firmware.h"

namespace octet::test {

/// What the program prints. `compiler` is a command with its flags for `core`; `program` is a path
/// in tests/targets.
Command run_program(const Core &core, const std::string &compiler, const std::string &program);

/// True when there is no such program; says that this is skipped.
bool skipped_without(const std::string &tool);

} // namespace octet::test
