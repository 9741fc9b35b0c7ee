// The runner firmware: an executable that holds a compiled model and runs scripts on the chip.
//
// It is linked from the model's kernels and image, the runtime for bare metal and the family's
// firmware sources, all compiled by the target's toolchain; what was built before is taken from the
// cache.
#pragma once

#include "compiler/compile.h"

namespace octet {

struct Firmware {
    std::filesystem::path program;
    uint32_t count_begin = 0, count_end = 0; ///< addresses of the functions around each call
};

/// Throws Error naming the command that failed.
Firmware build_firmware(const Compiled &compiled);

/// The emulator's plugin of the target's family, built for this machine. Throws Error.
std::filesystem::path build_plugin(const Compiled &compiled);

} // namespace octet
