// What an executable for a 32-bit chip says of itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace octet {

/// The address of the function or object `symbol` in a little-endian 32-bit ELF file, without the
/// bit that marks Thumb code. Throws Error naming the file when there is none.
uint32_t address_of(const std::filesystem::path &file, const std::string &symbol);

} // namespace octet
