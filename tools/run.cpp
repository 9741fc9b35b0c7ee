// octet run: arrays in, arrays out, through a target's kernels: in this process or by its runner's
// command.
#include "compiler/executor.h"
#include "compiler/graph/batch.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"
#include "tools/model.h"
#include "tools/progress.h"
#include "tools/samples.h"
#include "tools/verb.h"

#include <filesystem>
#include <set>

namespace octet::tools {
namespace {

struct Options : ModelOptions {
    std::vector<std::string> inputs, outputs;
};

/// Adds run number `run` to the script, and its reads' numbers to `reads`.
void add_run(const Graph &graph, const std::vector<Array> &arrays, int64_t run, Script &script,
             std::vector<size_t> &reads) {
    for (size_t i = 0; i < arrays.size(); i++) {
        const Bytes input = slice(graph.tensor(graph.inputs[i]), arrays[i], run);
        script.write({lower::Region::input, int(i), 0, input.size()}, input.data());
    }
    script.run();
    for (size_t i = 0; i < graph.outputs.size(); i++) {
        const Tensor &output = graph.tensor(graph.outputs[i]);
        reads.push_back(script.read({lower::Region::output, int(i), 0, output.bytes()}));
    }
}

/// By the reference interpreter, for networks that have no kernels.
std::vector<Array> run_reference(const Graph &graph, const std::vector<Array> &arrays,
                                 int64_t runs) {
    std::vector<Array> results;
    for (TensorId id : graph.outputs)
        results.push_back(output_array(graph.tensor(id), runs));
    ProgressLine progress("running in the reference interpreter");
    for (int64_t run = 0; run < runs; ++run) {
        std::vector<Bytes> inputs;
        for (size_t i = 0; i < arrays.size(); ++i)
            inputs.push_back(slice(graph.tensor(graph.inputs[i]), arrays[i], run));
        const std::vector<Bytes> values = reference::run(graph, inputs);
        for (size_t i = 0; i < results.size(); ++i) {
            const Bytes &output = values.at(size_t(graph.outputs[i]));
            results[i].data.insert(results[i].data.end(), output.begin(), output.end());
        }
        progress.show(size_t(run + 1), size_t(runs), "");
    }
    return results;
}

/// The model compiled, or where it has operators without kernels only its network.
Model load_or_interpret(const ModelOptions &options, bool &interpret) {
    try {
        return load_model(options);
    } catch (const MissingKernel &error) {
        if (!runs_here(load_target(options, true)))
            throw;
        fmt::print(stderr, "octet: note: {}; it runs in the reference interpreter\n", error.what());
    }
    interpret = true;
    Model model;
    model.graph = load_graph(options);
    return model;
}

std::vector<Array> run_all(const Graph &graph, const std::vector<Array> &arrays, int64_t runs,
                           Executor &executor) {
    std::vector<Array> results;
    for (TensorId id : graph.outputs)
        results.push_back(output_array(graph.tensor(id), runs));
    ProgressLine progress("running");
    for (int64_t run = 0; run < runs;) {
        Script script;
        std::vector<size_t> reads;
        do
            add_run(graph, arrays, run++, script, reads);
        while (run < runs && script.traffic() < script_bytes);
        const Outcome outcome = executor.execute(script);
        for (size_t i = 0; i < reads.size(); i++) {
            const Bytes &output = outcome.reads.at(reads[i]);
            Bytes &all = results[i % results.size()].data;
            all.insert(all.end(), output.begin(), output.end());
        }
        progress.show(size_t(run), size_t(runs), "");
    }
    return results;
}

int run(const Options &options) {
    bool interpret = false;
    const Model model = load_or_interpret(options, interpret);
    const Graph &graph = model.graph;
    if (options.outputs.size() != graph.outputs.size())
        throw UsageError("{}: has {} outputs, --output names {} files; name one for each",
                         graph.source, graph.outputs.size(), options.outputs.size());
    const std::set<std::string> distinct(options.outputs.begin(), options.outputs.end());
    if (distinct.size() != options.outputs.size())
        throw UsageError("{}: --output names a file twice; give each output one of its own",
                         graph.source);
    std::vector<Array> arrays;
    for (const std::string &file : options.inputs) {
        if (!std::filesystem::exists(file))
            throw UsageError("{}: there is no such file; check the path", file);
        arrays.push_back(read_npy(file));
    }
    const int64_t added = options.batch == 0 ? 0 : complete(graph, images_of(graph), arrays);
    const int64_t runs = count_runs(graph, arrays, options.inputs);

    std::vector<Array> results =
        interpret ? run_reference(graph, arrays, runs)
                  : run_all(graph, arrays, runs, *make_executor(model.compiled, options.threads));

    std::vector<NpyFile> files;
    for (size_t i = 0; i < results.size(); i++) {
        drop_last(results[i], added);
        files.push_back({options.outputs[i], &results[i]});
    }
    write_npy(files);
    return 0;
}

} // namespace

Verb add_run(Arguments command) {
    Arguments verb = command.verb("run", "Run a network on arrays");
    auto options = std::make_shared<Options>();
    add_model_options(verb, *options);
    verb.option("-i,--input", options->inputs, "One .npy file per input of the network",
                Need::required);
    verb.option("-o,--output", options->outputs, "One .npy file per output of the network",
                Need::required);
    verb.footer(R"(
The first axis of an array counts samples; one sample may come without it. With --batch their number
need not be a multiple of it. Types must be the
network's own: `octet inspect MODEL` shows them. All outputs are written or none.

Example: octet run vww.tflite --input photographs.npy --output scores.npy)");
    return {verb, [options] { return run(*options); }};
}

} // namespace octet::tools
