#include "compiler/firmware_project.h"

#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace octet {

namespace fs = std::filesystem;

namespace {

/// Enough for every kernel's frame and the program around them; `octet bench` measures what a
/// network needs.
constexpr int stack_bytes = 4096;

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return char(std::toupper(c)); });
    return text;
}

/// The flash that holds code and constants, or the RAM for everything else: the first of its kind,
/// which is the fastest.
const MemoryRegion &memory(const Target &target, bool flash) {
    const auto found = std::ranges::find_if(target.memories, [flash](const MemoryRegion &region) {
        return region.name.starts_with("flash") == flash;
    });
    if (found == target.memories.end())
        throw Error("target {}: it has no {} for a firmware; add it to \"memories\" in its file",
                    target.name, flash ? "memory named flash" : "RAM");
    return *found;
}

/// The flags that choose the core and its calling convention, from the command that compiled the
/// kernel table.
std::string cpu_flags(const Target &target) {
    std::vector<std::string> flags;
    for (const std::string &word : target.toolchain.c_compiler)
        if (word.starts_with("-m") && word != "-mthumb")
            flags.push_back(word);
    return fmt::format("{}", fmt::join(flags, " "));
}

/// The machine on which QEMU runs the target; empty when something else does.
std::string qemu_machine(const Target &target) {
    const std::vector<std::string> &command = target.runner.command;
    const auto option = std::ranges::find(command, "-M");
    const bool qemu = !command.empty() && command[0].starts_with("qemu-system");
    return qemu && option != command.end() && option + 1 != command.end() ? option[1] : "";
}

/// The arrays of a program's inputs and outputs, and the lists that the runtime takes.
std::string arrays(const lower::Program &program) {
    std::string declarations;
    const auto declare = [&](const char *kind, size_t count) {
        std::vector<std::string> names;
        for (size_t i = 0; i < count; ++i) {
            names.push_back(fmt::format("{}{}", kind, i));
            declarations += fmt::format("static uint8_t {}[OCTET_{}_{}_BYTES] ALIGNED;\n",
                                        names.back(), upper(program.name), upper(names.back()));
        }
        return fmt::format("{{{}}}", fmt::join(names, ", "));
    };
    const std::string inputs = declare("input", program.inputs.size());
    const std::string outputs = declare("output", program.outputs.size());
    return declarations + fmt::format("static uint8_t *const input_arrays[] = {};\n"
                                      "static const void *const inputs[] = {};\n"
                                      "static void *const outputs[] = {};",
                                      inputs, inputs, outputs);
}

std::map<std::string, std::string> placeholders(const lower::Program &program,
                                                const Target &target) {
    const MemoryRegion &flash = memory(target, true);
    const MemoryRegion &ram = memory(target, false);
    return {
        {"NAME", program.name},
        {"UPPER_NAME", upper(program.name)},
        {"TARGET", target.name},
        {"CPU_FLAGS", cpu_flags(target)},
        {"FLASH_ORIGIN", fmt::format("0x{:08x}", flash.address)},
        {"FLASH_BYTES", std::to_string(flash.bytes)},
        {"RAM_ORIGIN", fmt::format("0x{:08x}", ram.address)},
        {"RAM_BYTES", std::to_string(ram.bytes)},
        {"STACK_BYTES", std::to_string(stack_bytes)},
        {"QEMU_MACHINE", qemu_machine(target)},
        {"ARRAYS", arrays(program)},
    };
}

/// Appends the files of `folder` for which `wanted` holds.
template <typename Wanted>
void copy_files(const fs::path &folder, const fs::path &destination, Wanted wanted,
                std::vector<ProjectFile> &files) {
    std::error_code error;
    std::vector<fs::path> sources;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder, error))
        if (entry.is_regular_file() && wanted(entry.path()))
            sources.push_back(entry.path());
    if (error)
        throw Error("{}: {}; install Octet completely", folder.string(), error.message());
    std::ranges::sort(sources);
    for (const fs::path &source : sources)
        files.push_back({destination / source.filename(), read_text_file(source)});
}

/// The runner and its marks are not part of a user's firmware.
bool is_for_users(const fs::path &file) {
    const std::string name = file.filename().string();
    return name != "README.md" && !name.starts_with("runner.") && !name.starts_with("count.");
}

} // namespace

std::vector<ProjectFile> firmware_project(const lower::Program &program, const Target &target) {
    const fs::path family = shipped_directory() / "targets" / target.family / "firmware";
    if (target.family.empty() || !fs::is_directory(family / "example"))
        return {};
    const auto all = [](const fs::path &) { return true; };
    const fs::path project = "firmware";
    std::vector<ProjectFile> files;
    copy_files(family / "example", project, all, files);
    for (ProjectFile &file : files)
        if (file.path.extension() == ".in") {
            file.path.replace_extension();
            for (const auto &[name, value] : placeholders(program, target))
                file.text = filled(std::move(file.text), "@" + name + "@", value);
        }
    copy_files(family, project, is_for_users, files);
    const fs::path runtime = shipped_directory() / "runtime";
    copy_files(runtime / "bare_metal", project / "runtime/bare_metal", all, files);
    copy_files(runtime / "include/octet", project / "runtime/include/octet", all, files);
    for (const char *file : {"file.h", "core/status.cpp"})
        files.push_back({project / "runtime" / file, read_text_file(runtime / file)});
    return files;
}

} // namespace octet
