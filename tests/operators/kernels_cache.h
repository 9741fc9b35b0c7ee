// Where tests keep compiled kernels: $OCTET_TEST_CACHE, which a developer may set to keep them,
// else a temporary folder that goes with the process.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace octet::test {

class KernelCache {
public:
    /// The one folder of this process.
    static const std::filesystem::path &folder() {
        static const KernelCache cache;
        return cache.folder_;
    }

private:
    KernelCache() {
        if (const char *kept = std::getenv("OCTET_TEST_CACHE")) {
            folder_ = kept;
            return;
        }
        std::string name = std::filesystem::temp_directory_path() / "octet-test-XXXXXX";
        if (!mkdtemp(name.data()))
            throw std::runtime_error(name + ": cannot be made; set OCTET_TEST_CACHE to a folder");
        folder_ = name;
        temporary_ = true;
    }
    ~KernelCache() {
        std::error_code ignored;
        if (temporary_)
            std::filesystem::remove_all(folder_, ignored);
    }

    std::filesystem::path folder_;
    bool temporary_ = false;
};

} // namespace octet::test
