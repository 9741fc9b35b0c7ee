#include "tests/bare_metal/runner_firmware.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace octet::test {

namespace fs = std::filesystem;

namespace {

const std::string source = OCTET_SOURCE;
const std::string firmware_source = source + "/targets/cortex_m/firmware/";

/// Runs `line`, which must succeed.
std::string must(const std::string &line) {
    const Command command = run_shell(line);
    if (command.exit_code != 0)
        throw std::runtime_error(line + "\n" + command.output);
    return command.output;
}

void write_file(const fs::path &path, const Bytes &bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
}

/// The address of `symbol` in nm's output, as an argument.
std::string address(const std::string &names, const std::string &symbol) {
    std::istringstream lines(names);
    std::string where, kind, name;
    while (lines >> where >> kind >> name)
        if (name == symbol)
            return "0x" + where;
    throw std::runtime_error("no symbol " + symbol);
}

} // namespace

const std::vector<Core> &cores() {
    // ARMv6-M has no machine of its own with enough memory; the M3's instructions are a superset.
    static const std::vector<Core> all = {
        {"m0plus", "-mcpu=cortex-m0plus", "mps2-an385", "0x00000000", "0x20000000", 40, false},
        {"m3", "-mcpu=cortex-m3", "mps2-an385", "0x00000000", "0x20000000", 40, false},
        {"m4", "-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16", "mps2-an386", "0x00000000",
         "0x20000000", 40, false},
        {"m7", "-mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16", "mps2-an500", "0x00000000",
         "0x20000000", 40, false},
        {"m33", "-mcpu=cortex-m33 -mfloat-abi=hard -mfpu=fpv5-sp-d16", "mps2-an505", "0x10000000",
         "0x38000000", 50, true},
        {"m55", "-mcpu=cortex-m55 -mfloat-abi=hard", "mps3-an547", "0x00000000", "0x20000000",
         31.25, true},
    };
    return all;
}

const Core &core_named(const std::string &name) {
    const auto found = std::find_if(cores().begin(), cores().end(),
                                    [&](const Core &core) { return core.name == name; });
    return *found;
}

std::string missing_tool() {
    for (const char *tool : {"arm-none-eabi-gcc", "arm-none-eabi-g++", "qemu-system-arm", "gcc"})
        if (run_shell(std::string("command -v ") + tool).exit_code != 0)
            return tool;
    return "";
}

Command run_shell(const std::string &line) {
    Command command;
    FILE *pipe = popen(("{ " + line + "; } 2>&1").c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error("popen: " + line);
    char buffer[4096];
    while (const size_t n = fread(buffer, 1, sizeof buffer, pipe))
        command.output.append(buffer, n);
    const int status = pclose(pipe);
    command.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return command;
}

RunnerScript &RunnerScript::word(uint32_t value) {
    words_.push_back(value);
    return *this;
}

RunnerScript &RunnerScript::fill(Region region, uint32_t index, uint32_t offset, uint32_t bytes,
                                 uint8_t value) {
    return word(1).word(region).word(index).word(offset).word(bytes).word(value);
}

RunnerScript &RunnerScript::write(Region region, uint32_t index, uint32_t offset,
                                  const Bytes &data) {
    word(2).word(region).word(index).word(offset).word(uint32_t(data.size()));
    for (size_t i = 0; i < data.size(); i += 4) {
        uint32_t value = 0;
        std::memcpy(&value, data.data() + i, std::min<size_t>(4, data.size() - i));
        word(value);
    }
    return *this;
}

RunnerScript &RunnerScript::call(uint32_t n) {
    return word(3).word(n);
}

RunnerScript &RunnerScript::read(Region region, uint32_t index, uint32_t offset, uint32_t bytes) {
    return word(4).word(region).word(index).word(offset).word(bytes);
}

RunnerScript &RunnerScript::paint() {
    return word(5);
}

RunnerScript &RunnerScript::marks() {
    return word(6);
}

Bytes RunnerScript::end() const {
    std::vector<uint32_t> words = words_;
    words.push_back(0);
    Bytes bytes(words.size() * 4);
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return bytes;
}

TemporaryFolder::TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "octet_firmware_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no temporary folder " + name);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Firmware::Firmware(const Core &core, const Bytes &image, const std::vector<std::string> &extra)
    : core_(core) {
    write_file(folder_.path() / "model.octet", image);
    const std::string flags =
        std::string(core.flags) + " -mthumb -Os -ffunction-sections -Wall -Wextra -Werror";
    const std::string includes =
        " -I" + source + " -I" + source + "/runtime/include -I" + firmware_source;
    std::string c_sources;
    for (const char *file : {"startup.c", "fault.c", "board.c", "semihosting.c", "timer.c",
                             "count.c", "runner.c", "image.S"})
        c_sources += " " + firmware_source + file;
    for (const std::string &file : extra)
        c_sources += " " + source + "/tests/bare_metal/" + file;
    const std::string in_folder = "cd " + folder_.path().string() + " && ";
    must(in_folder + "arm-none-eabi-gcc " + flags +
         " -std=gnu99 -DOCTET_SEMIHOSTING -DOCTET_LIBRARY=octet_device_library"
         " '-DOCTET_IMAGE_FILE=\"model.octet\"'" +
         includes + " -c" + c_sources);
    // Without the C++ library's headers, which a tool chain for bare chips may not have.
    must(in_folder + "arm-none-eabi-g++ " + flags +
         " -std=c++17 -ffreestanding -nostdinc++ -fno-exceptions -fno-rtti" + includes + " -c " +
         source + "/runtime/bare_metal/*.cpp " + source + "/runtime/core/status.cpp");
    must(in_folder + "arm-none-eabi-gcc " + flags + " -nostartfiles -Wl,--gc-sections -T " +
         firmware_source + "firmware.ld -Wl,--defsym=firmware_flash_origin=" + core.flash_origin +
         ",--defsym=firmware_flash_bytes=0x80000,--defsym=firmware_ram_origin=" + core.ram_origin +
         ",--defsym=firmware_ram_bytes=0x80000,--defsym=firmware_stack_bytes=4096 *.o -o "
         "firmware.elf");
    must(in_folder + "gcc -O2 -shared -fPIC -o count.so " + source +
         "/targets/cortex_m/qemu/count_instructions.c");
    const std::string names = must(in_folder + "arm-none-eabi-nm firmware.elf");
    begin_ = address(names, "octet_count_begin");
    end_ = address(names, "octet_count_end");
}

Run Firmware::run(const Bytes &script, bool icount) const {
    write_file(folder_.path() / "script.bin", script);
    std::string line =
        "cd " + folder_.path().string() +
        " && rm -f result.bin counts.txt && timeout 60 qemu-system-arm -display none -serial none "
        "-monitor none -semihosting-config "
        "enable=on,target=native,arg=runner,arg=script.bin,arg=result.bin -M " +
        core_.machine + " -kernel firmware.elf ";
    line += icount ? "-icount shift=0,sleep=off,align=off"
                   : "-plugin ./count.so,begin=" + begin_ + ",end=" + end_ + ",out=counts.txt";
    const Command command = run_shell(line);
    Run run;
    run.exit_code = command.exit_code;
    run.console = command.output;
    std::ifstream result(folder_.path() / "result.bin", std::ios::binary);
    for (uint32_t word; result.read(reinterpret_cast<char *>(&word), sizeof word);)
        run.result.push_back(word);
    std::ifstream counts(folder_.path() / "counts.txt");
    for (std::string text; counts >> text;) {
        if (text == "total")
            counts >> run.total;
        else
            run.counts.push_back(std::stoull(text));
    }
    return run;
}

} // namespace octet::test
