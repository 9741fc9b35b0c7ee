#include "tests/support/shared.h"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace octet::test {

std::optional<std::filesystem::path> shared_folder(const std::string &part) {
    const char *from_environment = std::getenv("OCTET_SHARED");
    const std::filesystem::path shared = from_environment ? from_environment : OCTET_SHARED;
    if (std::filesystem::is_directory(shared / part))
        return shared / part;
    WARN("skipped: " << (shared / part) << " does not exist; set OCTET_SHARED to run this test");
    return std::nullopt;
}

} // namespace octet::test
