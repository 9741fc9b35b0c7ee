// Writes a file's bytes, for tests that read files.
#pragma once

#include "compiler/graph/graph.h"

#include <filesystem>

namespace octet::test {

/// Writes `bytes` to `path`; the test fails with an Error when it cannot.
void write_file(const std::filesystem::path &path, const Bytes &bytes);

} // namespace octet::test
