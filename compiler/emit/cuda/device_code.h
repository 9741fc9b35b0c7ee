// Lane cuda: what Halide makes of a kernel for NVIDIA's cards.
//
// Halide lowers the scheduled Funcs, prints their GPU loops as one PTX module, and leaves host code
// that launches its functions. Octet keeps the module and, as data, the launches: every extent is a
// constant, so that grids, blocks and shared memory are numbers, and parameters are the kernel's
// own buffers. The host code is dropped; the runtime's device launches (runtime/cuda).
#pragma once

#include "generators/kernel.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace octet::emit {

/// One function of the module on its grid.
struct Launch {
    std::string function;
    std::array<uint32_t, 3> grid, block;
    uint32_t shared_bytes = 0;
    /// Of each parameter, the number of the kernel's buffer: inputs first, then outputs.
    std::vector<uint8_t> arguments;
    int image_axis = 1; ///< octet_launch's
};

struct DeviceCode {
    std::string ptx;
    std::vector<Launch> launches; ///< in order
};

/// `stages` is of copies into shared memory (pipeline_copies.h), `image_axis` of all launches.
/// Throws Error where a part of the kernel would run on the host, where a size is not constant, or
/// where Halide wants memory of its own.
DeviceCode device_code(const generators::Signature &signature, const std::string &symbol,
                       const Halide::Target &halide, int stages, int image_axis);

} // namespace octet::emit
