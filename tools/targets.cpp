// octet targets: the chips that are known, one of them in detail, a new one, a check of one.
#include "compiler/executor/cuda_driver.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "compiler/target/target.h"
#include "tools/table.h"
#include "tools/verb.h"

#include <algorithm>
#include <fmt/ranges.h>

#include <cctype>
#include <unistd.h>

namespace octet::tools {
namespace {

namespace fs = std::filesystem;

struct Options {
    std::string name, new_name, like, file;
};

/// How the target's code runs from here, or what stands in the way.
std::string runs(const Target &target) {
    if (target.runner.kind == Runner::Kind::in_process && !runs_here(target))
        return "no";
    if (const auto missing = missing_programs(target, true); !missing.empty())
        return fmt::format("needs {}", fmt::join(missing, ", "));
    if (target.lane == "cuda")
        return cuda_availability(target);
    switch (target.runner.kind) {
    case Runner::Kind::in_process:
        return "yes";
    case Runner::Kind::command:
        return fmt::format("by {}", target.runner.command.front());
    case Runner::Kind::none:
        break;
    }
    return "no";
}

int list() {
    Table table({"name", "description", "runs here"});
    for (const std::string &name : target_names()) {
        const fs::path file = target_directory() / (name + ".json");
        const Target target = read_target(file);
        // A list of candidates reads as the one that is meant.
        const bool alias = target.name != name;
        table.add(
            {name, alias ? "this machine: " + target.name : target.description, runs(target)});
    }
    fmt::print("{}", table.text());
    return 0;
}

std::string describe(const std::vector<MemoryRegion> &regions, bool addressable) {
    std::string text;
    for (const MemoryRegion &region : regions)
        text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", region.name,
                            with_commas(int64_t(region.bytes)),
                            addressable ? fmt::format(" at 0x{:08x}", region.address) : "");
    return text.empty() ? "none" : text;
}

std::string budget(uint64_t bytes) {
    return bytes ? with_commas(int64_t(bytes)) : "none";
}

std::string describe(const Runner &runner) {
    switch (runner.kind) {
    case Runner::Kind::in_process:
        return "in process";
    case Runner::Kind::command:
        return fmt::format("command {}", fmt::join(runner.command, " "));
    case Runner::Kind::none:
        break;
    }
    return "none";
}

int show(const std::string &name) {
    const Target target = find_target(name);
    Table table({"name", target.name});
    table.add({"description", target.description});
    table.add({"file", target.file.string()});
    table.add({"runs here", runs(target)});
    table.add({"halide", target.halide});
    table.add({"lane", target.lane});
    table.add({"family", target.family});
    table.add({"cpu features", fmt::format("{}", fmt::join(target.cpu_features, " "))});
    table.add({"vectors", fmt::format("{} registers of {} bits", target.vector_registers,
                                      target.vector_bits)});
    table.add({"dot product",
               target.dot_lanes ? fmt::format("{} lanes", target.dot_lanes) : std::string("none")});
    table.add({"activations", target.activations});
    table.add({"instructions", fmt::format("{}", fmt::join(target.instructions, " "))});
    table.add({"channel alignment", std::to_string(target.channel_alignment)});
    table.add({"weight alignment", std::to_string(target.weight_alignment)});
    table.add({"epilogue", target.epilogue});
    table.add({"caches, bytes", describe(target.caches, false)});
    table.add({"memories, bytes", describe(target.memories, true)});
    table.add({"ram budget, bytes", budget(target.ram_bytes)});
    table.add({"flash budget, bytes", budget(target.flash_bytes)});
    table.add({"c compiler", fmt::format("{}", fmt::join(target.toolchain.c_compiler, " "))});
    table.add({"archive", fmt::format("{}", fmt::join(target.toolchain.archive, " "))});
    table.add({"link shared", fmt::format("{}", fmt::join(target.toolchain.link_shared, " "))});
    table.add(
        {"kernel compiler", fmt::format("{}", fmt::join(target.toolchain.kernel_compiler, " "))});
    table.add({"link", fmt::format("{}", fmt::join(target.toolchain.link, " "))});
    table.add({"runner", describe(target.runner)});
    fmt::print("{}", table.text());
    return 0;
}

bool is_target_name(const std::string &name) {
    const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
    return !name.empty() && name[0] != '-' && std::ranges::all_of(name, fits);
}

/// Copies a description beside the others, or into the current folder where that is not writable.
int create(const Options &options) {
    if (!is_target_name(options.new_name))
        throw UsageError("target name '{}' does not do; use letters, digits, - and _",
                         options.new_name);
    const Target like = find_target(options.like);
    const bool installed = access(target_directory().c_str(), W_OK) == 0;
    const fs::path file =
        (installed ? target_directory() : fs::current_path()) / (options.new_name + ".json");
    if (fs::exists(file))
        throw UsageError("{}: exists already; choose another name or edit it", file.string());
    std::ifstream source(like.file);
    const std::string text{std::istreambuf_iterator<char>(source), {}};
    write_text_file(file, text);
    fmt::print("{}: a copy of {}; describe your chip there, then: octet targets check {}\n",
               file.string(), like.name, file.string());
    if (!installed)
        fmt::print("{} is not writable, so name the target by its path: --target {}\n",
                   target_directory().string(), file.string());
    return 0;
}

int check(const std::string &file) {
    if (!fs::exists(file))
        throw UsageError("{}: there is no such file; check the path", file);
    const Target target = read_target(file);
    fmt::print("{}: valid, {}\n", file, target.description);
    return 0;
}

} // namespace

Verb add_targets(Arguments command) {
    Arguments verb = command.verb("targets", "List, show, create or check targets");
    auto options = std::make_shared<Options>();
    verb.positional("NAME", options->name, "Show this target instead of the list", Need::optional);
    Arguments create_verb = verb.verb("new", "Start a description of a new chip");
    create_verb.positional("NAME", options->new_name, "Its name");
    create_verb.option("--like", options->like, "The target to start from", Need::required);
    Arguments check_verb = verb.verb("check", "Check a description");
    check_verb.positional("FILE", options->file, "The .json file");
    verb.footer(R"(
Examples:
  octet targets
  octet targets x86-64-avx2
  octet targets new mychip --like x86-64-avx2
  octet targets check mychip.json

Descriptions lie in one folder; set OCTET_TARGETS to use another.)");
    return {verb, [=] {
                if (create_verb.chosen())
                    return create(*options);
                if (check_verb.chosen())
                    return check(options->file);
                return options->name.empty() ? list() : show(options->name);
            }};
}

} // namespace octet::tools
