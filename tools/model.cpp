#include "tools/model.h"

#include "compiler/executor/cuda_driver.h"
#include "compiler/graph/batch.h"
#include "compiler/import/import.h"
#include "compiler/open.h"
#include "compiler/support/error.h"
#include "tools/program_file.h"
#include "tools/progress.h"

#include <fmt/ranges.h>

#include <filesystem>

namespace octet::tools {

void add_model_options(Arguments &verb, ModelOptions &options) {
    verb.positional("MODEL", options.model,
                    "The network: a .tflite, .onnx or .octet file; for run and bench also a "
                    "compiled .octet file");
    verb.option("-t,--target", options.target, "Name of a target or path of its .json file");
    verb.option("--rounding", options.rounding,
                "reference, micro or float; by default what the model asks for");
    verb.option("--threads", options.threads, 1, 64, "Threads that run the kernels");
    verb.option("--batch", options.batch, 0, 1 << 16,
                "Images computed at once; 0: as many as the network is for");
    verb.option("--cache", options.cache,
                "Folder of compiled kernels; by default $OCTET_CACHE or ~/.cache/octet");
    verb.flag("--verbose", options.verbose, "Say on stderr what is done");
}

Graph load_graph(const ModelOptions &options) {
    if (!std::filesystem::exists(options.model))
        throw UsageError("{}: there is no such file; check the path", options.model);
    if (is_program_file(options.model))
        throw UsageError("{}: holds a compiled program for target {}; give the network it was "
                         "compiled from",
                         options.model, ProgramFile(options.model).program().target()->str());
    Graph graph = import_model(options.model);
    if (!options.rounding.empty()) {
        graph.set_rounding(rounding_from_name(options.rounding));
        check(graph); // An ONNX network may have scales that only the rounding `float` allows.
    }
    return options.batch == 0 ? graph : with_batch(graph, options.batch);
}

Model load_model(const ModelOptions &options) {
    if (!std::filesystem::exists(options.model) || !is_program_file(options.model)) {
        Model model;
        const Target target = load_target(options, true);
        model.graph = load_graph(options);
        model.compiled = compile_graph(model.graph, target, options);
        return model;
    }
    if (options.batch != 0)
        throw UsageError(
            "{}: its batch was chosen when it was compiled; leave --batch away or give "
            "the network",
            options.model);
    if (!options.rounding.empty())
        throw UsageError("{}: its rounding was chosen when it was compiled; leave --rounding away "
                         "or give the network",
                         options.model);
    Model model;
    model.compiled = open_compiled(options.model, load_target(options, true), options.cache);
    model.graph = interface_of(model.compiled);
    return model;
}

Target load_target(const ModelOptions &options, bool to_run) {
    const Target target = find_target(options.target);
    if (to_run && !runs_here(target) && target.runner.kind != Runner::Kind::command)
        throw UsageError("target {}: this machine cannot run its code; use --target host or one "
                         "that `octet targets` marks as running here",
                         target.name);
    if (to_run && target.lane == "cuda")
        if (const CudaDriver driver = cuda_driver(target); driver.interpreter)
            fmt::print(stderr, "octet: note: {}: an interpreter runs the kernels on this CPU\n",
                       driver.reason);
    if (const auto missing = missing_programs(target, to_run); !missing.empty())
        throw Error("target {}: needs {}; install {} or use another target", target.name,
                    fmt::join(missing, ", "), missing.size() == 1 ? "it" : "them");
    return target;
}

Compiled compile_graph(const Graph &graph, const Target &target, const ModelOptions &options) {
    CompileOptions compile_options;
    compile_options.target = target;
    compile_options.cache = options.cache;
    ProgressLine progress("compiling", options.verbose);
    compile_options.progress = progress.callback();
    Compiled compiled = compile(graph, compile_options);
    progress.clear();
    for (const std::string &warning : compiled.warnings)
        fmt::print(stderr, "octet: warning: {}\n", warning);
    if (!options.verbose)
        return compiled;
    for (const std::string &note : compiled.program.notes)
        fmt::print(stderr, "{}\n", note);
    for (size_t i = 0; i < compiled.instructions.size(); ++i)
        if (!compiled.instructions[i].empty())
            fmt::print(stderr, "{}: {}\n", compiled.program.kernels[i].symbol,
                       fmt::join(compiled.instructions[i], ", "));
    return compiled;
}

} // namespace octet::tools
