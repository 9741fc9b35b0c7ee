#include "compiler/target/target.h"

#include "compiler/support/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

namespace octet {

namespace fs = std::filesystem;

uint64_t Target::cache_bytes(const std::string &cache) const {
    const auto found = std::ranges::find(caches, cache, &MemoryRegion::name);
    return found == caches.end() ? 0 : found->bytes;
}

fs::path target_directory() {
    if (const char *directory = std::getenv("OCTET_TARGETS"); directory && *directory)
        return directory;
    std::error_code none;
    const fs::path executable = fs::read_symlink("/proc/self/exe", none);
    const fs::path installed = executable.parent_path().parent_path() / "share/octet/targets";
    return fs::is_directory(installed, none) ? installed : fs::path(OCTET_TARGETS_DIRECTORY);
}

std::vector<std::string> target_names() {
    const fs::path directory = target_directory();
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    if (error)
        throw Error("{}: the folder of targets cannot be read ({}); set OCTET_TARGETS to it",
                    directory.string(), error.message());
    std::vector<std::string> names;
    for (const fs::directory_entry &entry : entries)
        if (entry.path().extension() == ".json" && entry.path().stem().extension() != ".schema")
            names.push_back(entry.path().stem().string());
    std::ranges::sort(names, {},
                      [](const std::string &name) { return std::pair(name != "host", name); });
    return names;
}

Target find_target(const std::string &name) {
    if (fs::path(name).extension() == ".json") {
        if (!fs::exists(name))
            throw UsageError("{}: there is no such target description; check the path", name);
        return read_target(name);
    }
    const std::vector<std::string> names = target_names();
    if (std::ranges::find(names, name) == names.end())
        throw UsageError("target '{}' is not known; use {} or the path of a .json file", name,
                         fmt::join(names, ", "));
    return read_target(target_directory() / (name + ".json"));
}

std::vector<std::string> command_line(const std::vector<std::string> &command,
                                      const fs::path &output, const std::vector<fs::path> &inputs) {
    std::vector<std::string> words;
    for (const std::string &word : command) {
        if (word == "{output}") {
            words.push_back(output.string());
        } else if (word == "{input}" || word == "{inputs}") {
            for (const fs::path &input : inputs)
                words.push_back(input.string());
        } else {
            words.push_back(word);
        }
    }
    return words;
}

} // namespace octet
