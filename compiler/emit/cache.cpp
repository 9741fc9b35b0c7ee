#include "compiler/emit/cache.h"

#include "compiler/support/error.h"
#include "compiler/support/hash.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace octet::emit {

namespace fs = std::filesystem;

namespace {

fs::path default_directory() {
    if (const char *cache = std::getenv("OCTET_CACHE"); cache && *cache)
        return cache;
    if (const char *cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
        return fs::path(cache) / "octet";
    if (const char *home = std::getenv("HOME"); home && *home)
        return fs::path(home) / ".cache" / "octet";
    return fs::temp_directory_path() / "octet-cache";
}

} // namespace

fs::path cache_directory(const fs::path &wanted) {
    const fs::path directory = wanted.empty() ? default_directory() : wanted;
    std::error_code error;
    for (const char *folder : {"objects", "libraries"})
        if (!error)
            fs::create_directories(directory / folder, error);
    if (error || access(directory.c_str(), W_OK) != 0)
        throw Error("cache {}: {}; name a folder that can be written with --cache",
                    directory.string(), error ? error.message() : std::strerror(errno));
    return fs::absolute(directory);
}

std::string content_name(std::string_view text) {
    const uint64_t first = fnv1a(text.data(), text.size());
    const uint64_t second = fnv1a(text.data(), text.size(), first ^ 0x9e3779b97f4a7c15u);
    return fmt::format("{:016x}{:016x}", first, second);
}

fs::path temporary_for(const fs::path &file) {
    static int counter = 0;
    return fs::path(file) += fmt::format(".{}.{}.tmp", getpid(), counter++);
}

void commit_file(const fs::path &temporary, const fs::path &file) {
    std::error_code error;
    fs::rename(temporary, file, error);
    if (error) {
        const std::string reason = error.message();
        fs::remove(temporary, error);
        throw Error("{}: {}; make room or choose another folder", file.string(), reason);
    }
}

} // namespace octet::emit
