// The optional folder of real models and golden outputs (CMake cache variable OCTET_SHARED; the
// environment variable of the same name wins). It is not part of the repository.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace octet::test {

/// The folder OCTET_SHARED/`part` ("models", "models/layers"), or nothing when it does not exist:
/// then the caller returns, and the test log says what was skipped and why.
std::optional<std::filesystem::path> shared_folder(const std::string &part);

} // namespace octet::test
