// octet compile: a network and a target become library, header, model file, manifest and report.
#include "compiler/firmware_project.h"
#include "compiler/report/manifest.h"
#include "compiler/support/error.h"
#include "tools/model.h"
#include "tools/table.h"
#include "tools/verb.h"

#include <chrono>
#include <numeric>
#include <unistd.h>

namespace octet::tools {
namespace {

namespace fs = std::filesystem;

struct Options : ModelOptions {
    std::string output;
    std::string name;
};

void check_name(const std::string &name) {
    const bool starts_well = !name.empty() && (std::isalpha(name[0]) || name[0] == '_');
    for (char c : name)
        if (!starts_well || !(std::isalnum(static_cast<unsigned char>(c)) || c == '_'))
            throw UsageError("--name {}: is not a C identifier, which the header needs; use "
                             "letters, digits and underscores",
                             name);
}

/// Fails before minutes of compiling rather than after.
void check_writable(const fs::path &directory) {
    fs::path existing = fs::absolute(directory).lexically_normal();
    std::error_code error;
    while (!fs::exists(existing, error) && existing.has_relative_path())
        existing = existing.parent_path();
    if (!fs::is_directory(existing, error))
        throw Error("{}: {} is not a folder; choose another place with -o", directory.string(),
                    existing.string());
    if (access(existing.c_str(), W_OK) != 0)
        throw Error("{}: {} is not writable; choose another place with -o", directory.string(),
                    existing.string());
}

void print_summary(const Compiled &compiled, const fs::path &directory, double seconds) {
    const lower::Program &program = compiled.program;
    const size_t kernels = program.kernels.size();
    const uint64_t code =
        std::accumulate(compiled.code_bytes.begin(), compiled.code_bytes.end(), uint64_t(0));
    fmt::print("{} for {}, rounding {}\n", program.name, program.target, name_of(program.rounding));
    fmt::print("  kernels  {} for {} calls: {} compiled, {} from the cache, {:.2f} s\n", kernels,
               program.calls.size(), kernels - compiled.cache_hits, compiled.cache_hits, seconds);
    fmt::print("  arena    {} bytes (lower bound {})\n",
               with_commas(int64_t(program.arena_bytes())),
               with_commas(int64_t(program.arena_lower_bound())));
    for (size_t i = 0; program.arenas.size() > 1 && i < program.arenas.size(); ++i)
        fmt::print("           {} bytes in {}\n", with_commas(int64_t(program.arenas[i].bytes)),
                   program.arenas[i].memory);
    fmt::print("  weights  {} bytes\n", with_commas(int64_t(program.weights.size())));
    fmt::print("  code     {} bytes\n", with_commas(int64_t(code)));
    for (const std::string &name : artifact_names(program.name))
        fmt::print("  wrote    {}\n", (directory / name).string());
    if (!firmware_project(program, compiled.target).empty())
        fmt::print("  wrote    {} (CMake project of a firmware)\n",
                   (directory / "firmware").string());
}

int run(const Options &options) {
    check_writable(options.output);
    const Target target = load_target(options, false);
    Graph graph = load_graph(options);
    if (!options.name.empty())
        graph.name = options.name;
    const auto start = std::chrono::steady_clock::now();
    const Compiled compiled = compile_graph(graph, target, options);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    write_artifacts(compiled, options.output);
    print_summary(compiled, options.output, taken.count());
    return 0;
}

} // namespace

Verb add_compile(Arguments command) {
    Arguments verb = command.verb("compile", "Compile a network for a target");
    auto options = std::make_shared<Options>();
    add_model_options(verb, *options);
    verb.option("-o,--output", options->output, "Folder for what is compiled", Need::required);
    verb.option("--name", options->name,
                "Name of the model in C and of its files; by default from MODEL");
    verb.footer(R"(
Writes lib<NAME>.a and <NAME>.h to link, <NAME>.octet with the weights, manifest.json for scripts
and report.html to read; for a microcontroller also firmware/, a CMake project.

Example: octet compile vww.tflite --target x86-64-avx2 -o build/vww --name vww)");
    return {verb, [options] {
                if (!options->name.empty())
                    check_name(options->name);
                return run(*options);
            }};
}

} // namespace octet::tools
