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

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return char(std::toupper(c)); });
    return text;
}

/// The memories of a kind, of which a firmware needs one.
std::vector<MemoryRegion> memories(const Target &target, MemoryRegion::Kind kind) {
    std::vector<MemoryRegion> found = target.memories_of(kind);
    if (found.empty())
        throw Error("target {}: it has no {} for a firmware; add it to \"memories\" in its file",
                    target.name, kind == MemoryRegion::Kind::flash ? "flash" : "RAM");
    return found;
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

/// The word that puts an array into RAM number `ram`; the first RAM is where arrays lie anyway.
std::string in_ram(size_t ram) {
    return ram == 0 ? "" : fmt::format(" IN_RAM({})", ram);
}

/// The arrays of a program's arenas, inputs and outputs, and the lists that the runtime takes.
std::string arrays(const lower::Program &program) {
    const std::string prefix = "OCTET_" + upper(program.name);
    const size_t last = program.arenas.size() - 1;
    std::string declarations;
    if (last == 0)
        declarations = fmt::format("static uint8_t arena[{}_ARENA_BYTES] ALIGNED;\n", prefix);
    std::vector<std::string> arenas;
    for (size_t i = 0; last > 0 && i <= last; ++i) {
        const bool empty = program.arenas[i].bytes == 0;
        arenas.push_back(empty ? "{0, 0}" : fmt::format("{{arena{0}, sizeof arena{0}}}", i));
        if (!empty)
            declarations +=
                fmt::format("static uint8_t arena{}[{}_ARENA{}_BYTES] ALIGNED{}; /* in {} */\n", i,
                            prefix, i, in_ram(i), program.arenas[i].memory);
    }
    if (last > 0)
        declarations += fmt::format("static const octet_bare_arena arenas[] = {{{}}};\n",
                                    fmt::join(arenas, ", "));
    const auto declare = [&](const char *kind, size_t count) {
        std::vector<std::string> names;
        for (size_t i = 0; i < count; ++i) {
            names.push_back(fmt::format("{}{}", kind, i));
            declarations += fmt::format("static uint8_t {}[{}_{}_BYTES] ALIGNED{};\n", names.back(),
                                        prefix, upper(names.back()), in_ram(last));
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
    const MemoryRegion flash = memories(target, MemoryRegion::Kind::flash).front();
    const std::vector<MemoryRegion> rams = memories(target, MemoryRegion::Kind::ram);
    std::string more, options;
    for (size_t i = 1; i < rams.size(); ++i) {
        more += fmt::format("set(OCTET_RAM{0}_ORIGIN 0x{1:08x} CACHE STRING \"Where {2} begins\")\n"
                            "set(OCTET_RAM{0}_BYTES {3} CACHE STRING \"Size of {2}\")\n",
                            i, rams[i].address, rams[i].name, rams[i].bytes);
        options += fmt::format("    -Wl,--defsym=firmware_ram{0}_origin=${{OCTET_RAM{0}_ORIGIN}}\n"
                               "    -Wl,--defsym=firmware_ram{0}_bytes=${{OCTET_RAM{0}_BYTES}}\n",
                               i);
    }
    const bool one = program.arenas.size() == 1;
    return {
        {"NAME", program.name},
        {"UPPER_NAME", upper(program.name)},
        {"TARGET", target.name},
        {"CPU_FLAGS", cpu_flags(target)},
        {"FLASH_ORIGIN", fmt::format("0x{:08x}", flash.address)},
        {"FLASH_BYTES", std::to_string(flash.bytes)},
        {"RAM_ORIGIN", fmt::format("0x{:08x}", rams[0].address)},
        {"RAM_BYTES", std::to_string(rams[0].bytes)},
        {"MORE_RAM", more},
        {"MORE_RAM_OPTIONS", options},
        {"STACK_BYTES", std::to_string(firmware_stack_bytes)},
        {"QEMU_MACHINE", qemu_machine(target)},
        {"ARRAYS", arrays(program)},
        {"OPEN", one ? "octet_bare_open" : "octet_bare_open_arenas"},
        {"ARENAS", one ? "arena, sizeof arena" : "arenas, sizeof arenas / sizeof *arenas"},
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
