// What an object file needs from elsewhere.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace octet::test {

/// Names of the undefined symbols of a 64-bit ELF object; throws std::runtime_error for other
/// files.
std::vector<std::string> undefined_symbols(const std::filesystem::path &object);

} // namespace octet::test
