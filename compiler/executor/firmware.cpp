#include "compiler/executor/firmware.h"

#include "compiler/emit/cache.h"
#include "compiler/emit/process.h"
#include "compiler/executor/elf.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace octet {

namespace fs = std::filesystem;

namespace {

/// The functions between which the plugin counts; the runner calls them around each call.
constexpr const char *begin_symbol = "octet_count_begin", *end_symbol = "octet_count_end";

bool is_source(const fs::path &file) {
    return file.extension() == ".c" || file.extension() == ".cpp" || file.extension() == ".S";
}

/// Files directly in `folder`, sorted.
std::vector<fs::path> files_in(const fs::path &folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const fs::directory_entry &entry : fs::directory_iterator(folder, error))
        if (entry.is_regular_file())
            files.push_back(entry.path());
    if (error)
        throw Error("{}: {}; install Octet completely, or set its target's runner to none",
                    folder.string(), error.message());
    std::ranges::sort(files);
    return files;
}

fs::path family_folder(const Target &target) {
    return shipped_directory() / "targets" / target.family;
}

/// Where the runner's sources lie: the runtime for bare metal, the family's firmware.
std::vector<fs::path> source_folders(const Target &target) {
    return {shipped_directory() / "runtime/bare_metal", family_folder(target) / "firmware"};
}

/// Makes `file` by `command` unless it is there.
void make_file(const fs::path &file, const std::vector<std::string> &command,
               const std::vector<fs::path> &inputs) {
    if (fs::exists(file))
        return;
    const fs::path temporary = emit::temporary_for(file);
    try {
        emit::run_command(command_line(command, temporary, inputs));
    } catch (...) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        throw;
    }
    emit::commit_file(temporary, file);
}

/// The link command with each memory's numbers filled in: {sram.address}, {sram.bytes}.
std::vector<std::string> linker_for(const Target &target) {
    std::vector<std::string> command = target.toolchain.link;
    for (std::string &word : command)
        for (const MemoryRegion &memory : target.memories) {
            word = filled(std::move(word), "{" + memory.name + ".address}",
                          fmt::format("0x{:x}", memory.address));
            word = filled(std::move(word), "{" + memory.name + ".bytes}",
                          std::to_string(memory.bytes));
        }
    return command;
}

/// Compiles the runner's sources into the cache.
class Compiler {
public:
    Compiler(const Compiled &compiled, const fs::path &folder)
        : compiled_(compiled), folder_(folder) {
        const std::string image(compiled.file.begin(), compiled.file.end());
        image_ = folder / (emit::content_name(image) + ".octet");
        if (!fs::exists(image_))
            write_text_file(image_, image);
        // Headers are part of what a source depends on, so all files are in every key.
        sources_ = {shipped_directory() / "runtime/core/status.cpp"};
        for (const fs::path &source_folder : source_folders(compiled.target))
            for (const fs::path &file : files_in(source_folder)) {
                all_ += file.filename().string() + "\n" + read_text_file(file);
                if (is_source(file))
                    sources_.push_back(file);
            }
        for (const char *file :
             {"runtime/file.h", "runtime/core/status.cpp", "runtime/include/octet/octet.h",
              "runtime/include/octet/bare_metal.h"})
            all_ += read_text_file(shipped_directory() / file);
    }

    std::vector<fs::path> objects() const {
        std::vector<fs::path> objects;
        for (const fs::path &source : sources_) {
            const std::vector<std::string> command = command_for(source);
            const std::string key =
                fmt::format("{}|{}|{}", source.string(), fmt::join(command, " "), all_);
            objects.push_back(folder_ / (emit::content_name(key) + ".o"));
            make_file(objects.back(), command, {source});
        }
        return objects;
    }

private:
    /// The target's C compiler with what `source` needs: where headers lie, that a machine watches
    /// and, only where it asks for them, the model's image and table, so that the other objects
    /// serve every model.
    std::vector<std::string> command_for(const fs::path &source) const {
        const fs::path root = shipped_directory();
        std::vector<std::string> more = {"-I" + root.string(),
                                         "-I" + (root / "runtime/include").string(),
                                         "-DOCTET_SEMIHOSTING"};
        const std::string text = read_text_file(source);
        if (text.find("OCTET_LIBRARY") != std::string::npos)
            more.push_back("-DOCTET_LIBRARY=octet_" + compiled_.program.name + "_library");
        if (text.find("OCTET_IMAGE_FILE") != std::string::npos)
            more.push_back("-DOCTET_IMAGE_FILE=\"" + image_.string() + "\"");
        if (source.extension() == ".cpp")
            more.insert(more.end(), {"-std=c++17", "-fno-exceptions", "-fno-rtti"});
        std::vector<std::string> command = compiled_.target.toolchain.c_compiler;
        command.insert(command.begin() + 1, more.begin(), more.end());
        return command;
    }

    const Compiled &compiled_;
    const fs::path folder_;
    fs::path image_;
    std::string all_;
    std::vector<fs::path> sources_;
};

fs::path firmware_folder(const Compiled &compiled) {
    const fs::path folder = compiled.cache / "firmware";
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        throw Error("cache {}: {}; name a folder that can be written with --cache", folder.string(),
                    error.message());
    return folder;
}

} // namespace

Firmware build_firmware(const Compiled &compiled) {
    const fs::path folder = firmware_folder(compiled);
    std::vector<fs::path> inputs = Compiler(compiled, folder).objects();
    inputs.insert(inputs.end(), compiled.objects.begin(), compiled.objects.end());
    if (!compiled.table_object.empty())
        inputs.push_back(compiled.table_object);
    const std::vector<std::string> linker = linker_for(compiled.target);
    std::string key = fmt::format("{}", fmt::join(linker, " "));
    for (const fs::path &input : inputs)
        key += read_text_file(input);
    for (const fs::path &file : files_in(family_folder(compiled.target) / "firmware"))
        key += read_text_file(file); // the linker script may be one of them
    Firmware firmware;
    firmware.program = folder / (emit::content_name(key) + ".elf");
    make_file(firmware.program, linker, inputs);
    firmware.count_begin = address_of(firmware.program, begin_symbol);
    firmware.count_end = address_of(firmware.program, end_symbol);
    return firmware;
}

fs::path build_plugin(const Compiled &compiled) {
    const fs::path source = family_folder(compiled.target) / "qemu/count_instructions.c";
    const fs::path plugin =
        firmware_folder(compiled) / (emit::content_name(read_text_file(source)) + ".so");
    // The emulator defines the functions of its plugins when it loads them.
    make_file(plugin,
              {"cc", "-O2", "-shared", "-fPIC", "-fvisibility=hidden",
               "-Wl,--unresolved-symbols=ignore-all", "-o", "{output}", "{input}"},
              {source});
    return plugin;
}

} // namespace octet
