// The cache of compiled kernels: files named by the hash of everything they depend on.
//
// Whoever makes a file writes it under a temporary name in the same folder and renames it, so that
// a reader sees a whole file or none, whatever happens to the writer.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace octet::emit {

/// `wanted` or, when empty, $OCTET_CACHE, $XDG_CACHE_HOME/octet or ~/.cache/octet; created with its
/// folders objects and libraries. Throws
/// Error naming the folder and the option when it cannot be written to.
std::filesystem::path cache_directory(const std::filesystem::path &wanted);

/// A 128-bit name for `text` in hexadecimal digits.
std::string content_name(std::string_view text);

/// Where to write what shall become `file`.
std::filesystem::path temporary_for(const std::filesystem::path &file);

/// Makes `temporary` to be `file`. Throws Error.
void commit_file(const std::filesystem::path &temporary, const std::filesystem::path &file);

} // namespace octet::emit
