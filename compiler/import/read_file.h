// Reads a model file whole.
#pragma once

#include "compiler/graph/graph.h"

#include <filesystem>

namespace octet {

/// The file's bytes. Throws UsageError that says why when it cannot be read, or is larger than the
/// two gigabytes that a FlatBuffer may have.
Bytes read_file(const std::filesystem::path &file);

} // namespace octet
