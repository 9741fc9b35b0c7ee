#include "compiler/emit/cuda/assemble.h"

#include "compiler/emit/process.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "runtime_header.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <sstream>

namespace octet::emit {

namespace {

namespace fs = std::filesystem;

/// What `ptxas -v` prints: a line that names the function, then one on spills, one on registers.
std::vector<CardResources> parse_resources(const std::string &output,
                                           const std::string &architecture) {
    static const std::regex properties("Function properties for (\\S+)");
    static const std::regex spills("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
    static const std::regex registers("Used (\\d+) registers");
    std::vector<CardResources> result;
    std::istringstream lines(output);
    std::smatch match;
    for (std::string line; std::getline(lines, line);) {
        if (std::regex_search(line, match, properties))
            result.push_back({architecture, match[1], 0, 0});
        else if (!result.empty() && std::regex_search(line, match, spills))
            result.back().spill_bytes = std::stoi(match[1]) + std::stoi(match[2]);
        else if (!result.empty() && std::regex_search(line, match, registers))
            result.back().registers = std::stoi(match[1]);
    }
    return result;
}

/// Removes the files in between, whatever happens.
struct Files {
    std::vector<fs::path> paths;
    ~Files() {
        std::error_code ignored;
        for (const fs::path &path : paths)
            fs::remove(path, ignored);
    }
    fs::path add(const fs::path &source, const std::string &extension) {
        paths.push_back(source.string() + extension);
        return paths.back();
    }
};

/// The bytes as a C array's elements, in lines.
std::string array_of(const std::string &bytes) {
    std::string text;
    text.reserve(bytes.size() * 4);
    for (size_t i = 0; i < bytes.size(); ++i)
        fmt::format_to(std::back_inserter(text), "{},{}", unsigned(uint8_t(bytes[i])),
                       i % 24 == 23 ? "\n" : "");
    return text;
}

} // namespace

bool has_assembler(const Target &target) {
    const auto here = [](const std::vector<std::string> &command) {
        return !command.empty() && on_path(command.front());
    };
    return !target.cuda.architectures.empty() && here(target.toolchain.ptx_assembler) &&
           here(target.toolchain.fat_binary);
}

Image assemble_image(const fs::path &ptx, const Target &target) {
    if (!has_assembler(target))
        return {read_text_file(ptx) + '\0', {}};
    Files files;
    Image image;
    std::vector<fs::path> images;
    for (const std::string &architecture : target.cuda.architectures) {
        const fs::path code = files.add(ptx, "." + architecture);
        std::vector<std::string> command = target.toolchain.ptx_assembler;
        for (std::string &word : command)
            word = filled(word, "{architecture}", architecture);
        const std::string output = run_command(command_line(command, code, {ptx}));
        std::ranges::move(parse_resources(output, architecture),
                          std::back_inserter(image.resources));
        images.push_back(
            fmt::format("--image3=kind=elf,sm={},file={}", architecture.substr(3), code.string()));
    }
    images.push_back(
        fmt::format("--image3=kind=ptx,sm={},file={}", target.cuda.capability, ptx.string()));
    const fs::path fat = files.add(ptx, ".fatbin");
    run_command(command_line(target.toolchain.fat_binary, fat, images));
    image.bytes = read_text_file(fat);
    return image;
}

std::string device_source(const std::string &symbol, const DeviceCode &code, const Image &image,
                          uint32_t capability) {
    std::string source = device_header;
    source += fmt::format("\nstatic const unsigned char image[] __attribute__((aligned(64))) = "
                          "{{\n{}}};\n",
                          array_of(image.bytes));
    for (size_t i = 0; i < code.launches.size(); ++i)
        source += fmt::format("static const unsigned char arguments_{}[] = {{{}}};\n", i,
                              fmt::join(code.launches[i].arguments, ", "));
    source += "static const octet_launch launches[] = {\n";
    for (size_t i = 0; i < code.launches.size(); ++i) {
        const Launch &launch = code.launches[i];
        source += fmt::format("    {{\"{}\", {{{}}}, {{{}}}, {}, {}, arguments_{}, {}}},\n",
                              launch.function, fmt::join(launch.grid, ", "),
                              fmt::join(launch.block, ", "), launch.shared_bytes,
                              launch.arguments.size(), i, launch.image_axis);
    }
    return source + fmt::format("}};\n"
                                "static const octet_device_kernel kernel = {{image, sizeof image, "
                                "{1}, {2}, launches}};\n"
                                "int {0}_argv(void **arguments);\n"
                                "int {0}_argv(void **arguments) {{\n"
                                "    octet_launcher *launcher = *(octet_launcher **)arguments[0];\n"
                                "    return launcher->launch(launcher, &kernel, arguments + 1);\n"
                                "}}\n",
                                symbol, capability, code.launches.size());
}

std::string to_text(const std::vector<CardResources> &resources) {
    std::string text;
    for (const CardResources &line : resources)
        text += fmt::format("{} {} {} {}\n", line.architecture, line.function, line.registers,
                            line.spill_bytes);
    return text;
}

std::vector<CardResources> resources_from_text(const std::string &text) {
    std::vector<CardResources> result;
    std::istringstream lines(text);
    for (CardResources line;
         lines >> line.architecture >> line.function >> line.registers >> line.spill_bytes;)
        result.push_back(line);
    return result;
}

} // namespace octet::emit
