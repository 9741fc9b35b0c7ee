// From PTX to what the driver loads: machine code for the cards that the target names and the PTX
// for later ones, in one fat binary, inside of a C source that becomes the kernel's object.
#pragma once

#include "compiler/compile.h"
#include "compiler/emit/cuda/device_code.h"
#include "compiler/target/target.h"

#include <filesystem>

namespace octet::emit {

struct Image {
    std::string bytes;
    std::vector<CardResources> resources; ///< of every architecture and function
};

/// Whether PTX can be compiled ahead of time for this target, on this machine.
bool has_assembler(const Target &target);

/// Without an assembler or architectures the image is the PTX itself. Files in between are named
/// after the PTX's.
Image assemble_image(const std::filesystem::path &ptx, const Target &target);

/// C source of `SYMBOL_argv`, which hands image and launches to the runtime's device.
std::string device_source(const std::string &symbol, const DeviceCode &code, const Image &image,
                          uint32_t capability);

/// One line for each, and the way back.
std::string to_text(const std::vector<CardResources> &resources);
std::vector<CardResources> resources_from_text(const std::string &text);

} // namespace octet::emit
