#include "compiler/compile.h"

#include "compiler/budget.h"
#include "compiler/emit/cache.h"
#include "compiler/emit/cuda/assemble.h"
#include "compiler/emit/cuda/ptx_factory.h"
#include "compiler/emit/kernels.h"
#include "compiler/emit/library.h"
#include "compiler/emit/model_file.h"
#include "compiler/emit/select_instructions.h"
#include "compiler/firmware_project.h"
#include "compiler/lower/lower.h"
#include "compiler/report/manifest.h"
#include "compiler/report/report.h"
#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "compiler/tune.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace octet {

namespace fs = std::filesystem;

namespace {

/// A line for each kernel that was scheduled for the chip's dot products and got none of them.
std::vector<std::string>
without_dot_products(const lower::Program &program, const Target &target,
                     const std::vector<std::vector<std::string>> &instructions) {
    std::vector<std::string> lines;
    for (size_t i = 0; target.lane == "c" && i < program.kernels.size(); ++i) {
        const lower::Kernel &kernel = program.kernels[i];
        const auto description = nlohmann::json::parse(kernel.spec);
        if (description.at("generator") != "conv2d" || description.at("spec").at("group") == 1 ||
            std::ranges::any_of(instructions[i], emit::adds_products))
            continue;
        const auto call = std::ranges::find(program.calls, int(i), &lower::Call::kernel);
        lines.push_back(fmt::format("operator {}: kernel {} multiplies one by one, without the dot "
                                    "products of {}; report this with the model",
                                    call->name, kernel.symbol, target.name));
    }
    return lines;
}

/// A line for each kernel that keeps registers in memory on some card.
std::vector<std::string> spills(const Compiled &compiled) {
    std::vector<std::string> lines;
    for (size_t i = 0; i < compiled.resources.size(); ++i)
        for (const CardResources &function : compiled.resources[i])
            if (function.spill_bytes > 0) {
                lines.push_back(fmt::format("kernel {}: {} bytes of registers go through memory on "
                                            "{}; choose smaller tiles",
                                            compiled.program.kernels[i].symbol,
                                            function.spill_bytes, function.architecture));
                break;
            }
    if (compiled.target.lane == "cuda" && !emit::has_assembler(compiled.target))
        lines.push_back(fmt::format(
            "target {}: {} is not on $PATH, so the kernels stay PTX, which the driver compiles "
            "whenever a model is opened; install the CUDA toolkit to spare that time",
            compiled.target.name,
            compiled.target.toolchain.ptx_assembler.empty()
                ? "no assembler"
                : compiled.target.toolchain.ptx_assembler.front()));
    return lines;
}

} // namespace

Compiled compile(const Graph &graph, const CompileOptions &options) {
    return compile(graph, options, schedules::Tuned::read(tuned_file(options.target)));
}

Compiled compile(const Graph &graph, const CompileOptions &options, const schedules::Tuned &tuned) {
    emit::require_tile_functions(options.target);
    const fs::path cache = emit::cache_directory(options.cache);
    Compiled result;
    result.target = options.target;
    result.cache = cache;
    result.program = lower::lower(graph, options.target, tuned);
    result.file =
        emit::write_model_file(result.program, emit::fingerprint(result.program, options.target));
    emit::Objects objects = emit::compile_kernels(result.program, options, cache);
    result.objects = std::move(objects.files);
    result.code_bytes = std::move(objects.code_bytes);
    result.instructions = std::move(objects.instructions);
    result.resources = std::move(objects.resources);
    result.warnings = without_dot_products(result.program, options.target, result.instructions);
    std::ranges::move(spills(result), std::back_inserter(result.warnings));
    result.cache_hits = objects.cache_hits;
    const emit::Library library =
        emit::build_library(result.program, options.target, result.objects, cache);
    result.table_object = library.table_object;
    result.shared_library = library.shared_library;
    check_budgets(result);
    return result;
}

void write_artifacts(const Compiled &compiled, const fs::path &directory) {
    std::error_code error;
    const bool existed = fs::exists(directory);
    fs::create_directories(directory, error);
    if (error)
        throw Error("{}: {}; choose another folder with -o", directory.string(), error.message());
    const std::string &name = compiled.program.name;
    const fs::path archive = directory / ("lib" + name + ".a");
    const fs::path pending_archive = emit::temporary_for(archive);
    try {
        // Everything is on the disk before the first file gets its name.
        std::vector<PendingFile> pending;
        const auto write = [&](const std::string &file, const void *data, size_t size) {
            pending.emplace_back(directory / file);
            pending.back().write(data, size);
            pending.back().close();
        };
        const auto write_text = [&](const std::string &file, const std::string &text) {
            write(file, text.data(), text.size());
        };
        write(name + ".octet", compiled.file.data(), compiled.file.size());
        write_text(name + ".h",
                   emit::model_header(compiled.program, compiled.target, compiled.file.size()));
        write_text("manifest.json", manifest(compiled));
        write_text("report.html", report_page(compiled));
        for (const ProjectFile &file : firmware_project(compiled.program, compiled.target)) {
            fs::create_directories((directory / file.path).parent_path());
            write_text(file.path.string(), file.text);
        }
        std::vector<fs::path> objects = compiled.objects;
        objects.push_back(compiled.table_object);
        emit::build_archive(compiled.target, objects, pending_archive);
        emit::commit_file(pending_archive, archive);
        for (PendingFile &file : pending)
            file.commit();
    } catch (...) {
        fs::remove(pending_archive, error);
        if (!existed)
            fs::remove_all(directory, error);
        throw;
    }
}

} // namespace octet
