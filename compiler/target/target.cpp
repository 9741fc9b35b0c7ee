#include "compiler/target/target.h"

#include "compiler/support/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <unistd.h>

namespace octet {

namespace fs = std::filesystem;

std::vector<MemoryRegion> Target::memories_of(MemoryRegion::Kind kind) const {
    std::vector<MemoryRegion> found;
    for (const MemoryRegion &memory : memories)
        if (memory.kind == kind)
            found.push_back(memory);
    return found;
}

uint64_t Target::cache_bytes(const std::string &cache) const {
    const auto found = std::ranges::find(caches, cache, &MemoryRegion::name);
    return found == caches.end() ? 0 : found->bytes;
}

bool Target::has_instruction(const std::string &instruction) const {
    return std::ranges::find(instructions, instruction) != instructions.end();
}

std::string filled(std::string word, const std::string &name, const std::string &value) {
    for (size_t at = 0; (at = word.find(name, at)) != std::string::npos; at += value.size())
        word.replace(at, name.size(), value);
    return word;
}

fs::path shipped_directory() {
    std::error_code none;
    const fs::path executable = fs::read_symlink("/proc/self/exe", none);
    const fs::path installed = executable.parent_path().parent_path() / "share/octet";
    return fs::is_directory(installed / "targets", none) ? installed : fs::path(OCTET_SOURCE_TREE);
}

fs::path target_directory() {
    if (const char *directory = std::getenv("OCTET_TARGETS"); directory && *directory)
        return directory;
    return shipped_directory() / "targets";
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

bool on_path(const std::string &program) {
    if (program.find('/') != std::string::npos)
        return access(program.c_str(), X_OK) == 0;
    const char *path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (access((fs::path(folder) / program).c_str(), X_OK) == 0)
            return true;
    return false;
}

std::vector<std::string> command_line(const std::vector<std::string> &command,
                                      const fs::path &output, const std::vector<fs::path> &inputs) {
    const std::string targets = (shipped_directory() / "targets").string();
    std::vector<std::string> words;
    for (const std::string &word : command) {
        if (word == "{output}") {
            words.push_back(output.string());
        } else if (word == "{input}" || word == "{inputs}") {
            for (const fs::path &input : inputs)
                words.push_back(input.string());
        } else {
            words.push_back(filled(word, "{targets}", targets));
        }
    }
    return words;
}

std::vector<std::string> missing_programs(const Target &target, bool to_run) {
    const Toolchain &tools = target.toolchain;
    std::vector<std::string> missing;
    for (const auto &command : {tools.kernel_compiler, tools.c_compiler, tools.archive,
                                tools.link_shared, to_run ? tools.link : std::vector<std::string>(),
                                to_run ? target.runner.command : std::vector<std::string>()})
        if (!command.empty() && !on_path(command_line(command, "", {})[0]) &&
            std::ranges::find(missing, command[0]) == missing.end())
            missing.push_back(command[0]);
    return missing;
}

} // namespace octet
