// octet quantize: from a float network and a few hundred samples to an int8 network.
#include "compiler/quantize/quantize.h"
#include "compiler/quantize/debug_folder.h"
#include "compiler/quantize/explain.h"
#include "compiler/quantize/obey.h"
#include "compiler/quantize/prepare.h"
#include "compiler/quantize/simulation.h"

#include "compiler/compile.h"
#include "compiler/export/export.h"
#include "compiler/support/error.h"
#include "tools/budgets.h"
#include "tools/heap.h"
#include "tools/judge.h"
#include "tools/model.h"
#include "tools/predict.h"
#include "tools/progress.h"
#include "tools/real_arrays.h"
#include "tools/table.h"
#include "tools/verb.h"

#include <filesystem>

namespace octet::tools {
namespace {

namespace fs = std::filesystem;

struct Words {
    std::string model, output, weights, activations, calibration, correct, compute, config, ends,
        rounding, target, data_scale, statistics, save_statistics, report, labels, debug, debug_dir;
    std::vector<std::string> data, budgets;
    int samples = 1024, debug_samples = 4;
    int64_t sample_count = 0; ///< in the data, of which `samples` are used
    bool verbose = false;
};

/// Defaults, then the configuration file, then the command line, which wins.
quantize::Options options_of(const Words &words) {
    quantize::Options options;
    if (!words.config.empty())
        quantize::read_configuration(words.config, options);
    if (!words.weights.empty()) {
        options.asked.weights = words.weights;
        options.scheme.weights = quantize::weight_scheme(words.weights);
    }
    if (!words.activations.empty()) {
        options.asked.activations = words.activations;
        options.scheme.activations = quantize::activation_scheme(words.activations);
    }
    if (!words.budgets.empty())
        options.budgets.clear();
    for (const std::string &text : words.budgets)
        options.budgets.push_back(quantize::budget(text));
    if (!words.calibration.empty())
        options.scheme.calibration = quantize::calibration(words.calibration);
    if (!words.correct.empty())
        options.correct = quantize::corrections(words.correct);
    if (!words.compute.empty())
        options.scheme.compute = quantize::compute(words.compute);
    if (!words.rounding.empty())
        options.rounding = rounding_from_name(words.rounding);
    if (words.ends == "int8")
        options.ends = quantize::Ends::integer;
    else if (words.ends == "float")
        options.ends = quantize::Ends::real;
    else if (!words.ends.empty())
        throw UsageError("--ends '{}' is not known; use int8 or float", words.ends);
    // What each format's users expect: ONNX Runtime's quantizer keeps float ends, and its kernels
    // round as `float`.
    const bool onnx = fs::path(words.output).extension() == ".onnx";
    if (!options.ends)
        options.ends = onnx ? quantize::Ends::real : quantize::Ends::integer;
    if (!options.rounding)
        options.rounding = fs::path(words.output).extension() == ".tflite" ? Rounding::reference
                                                                           : Rounding::float32;
    return options;
}

Graph load_float(const std::string &file) {
    ModelOptions options;
    options.model = file;
    Graph graph = load_graph(options);
    quantize::require_float(graph);
    return graph;
}

Target target_named(const std::string &name) {
    ModelOptions options;
    options.target = name;
    return load_target(options, false);
}

/// Compiles for the target, so that nothing is written that it cannot run or has no memory for.
void require_runnable(const Graph &graph, const std::string &name) {
    ModelOptions options;
    options.target = name;
    const Target target = target_named(name);
    quantize::require_obedient(graph, target);
    try {
        compile_graph(graph, target, options);
    } catch (const Error &error) {
        throw Error("target {}: cannot run the quantized network: {}", name, error.what());
    }
}

/// Without samples no noise is known.
void print_layers(const quantize::Quantized &quantized, bool measured) {
    Table table(measured ? std::vector<std::string>{"layer", "operator", "weights", ">SQNR alone",
                                                    ">running", ">saturated"}
                         : std::vector<std::string>{"layer", "operator", "weights"});
    const Graph &graph = quantized.prepared;
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        const Operator &op = graph.operators[i];
        const quantize::LayerOutcome &layer = quantized.outcome.layers[i];
        std::vector<std::string> row = {short_name(op.name), std::string(name_of(op.kind)),
                                        quantized.outcome.weights[i]
                                            ? quantize::to_text(quantized.plan.layers[i].weights)
                                            : ""};
        if (measured)
            row.insert(row.end(), {fmt::format("{:.1f} dB", layer.sqnr_alone),
                                   fmt::format("{:.1f} dB", layer.sqnr_running),
                                   fmt::format("{:.2f} %", 100 * layer.saturated)});
        table.add(row);
    }
    fmt::print("{}", table.text());
}

/// Accuracy of both networks on the calibration samples, whose labels are the same of all.
void add_accuracy(const Words &words, const quantize::Quantized &quantized,
                  const quantize::Samples &samples, report::QuantizationReport &page) {
    const std::vector<int64_t> labels = read_labels(words.labels, words.sample_count);
    std::vector<int64_t> used; // as Samples::some() takes them
    for (int64_t i = 0; i < samples.count; ++i)
        used.push_back(labels[size_t(i * words.sample_count / samples.count)]);
    quantize::Simulation simulation(quantized.prepared, quantized.plan, quantized.outcome.weights);
    std::vector<Values> outputs(quantized.prepared.outputs.size());
    const int64_t at_once = quantize::samples_at_once(quantized.prepared);
    for (int64_t first = 0; first < samples.count; first += at_once) {
        const std::vector<Values> some = simulation.run(samples.part(first, at_once));
        for (size_t i = 0; i < some.size(); ++i)
            outputs[i].insert(outputs[i].end(), some[i].begin(), some[i].end());
    }
    page.quantized_accuracy = judge(quantized.prepared, outputs, used).accuracy;
    page.float_accuracy =
        judge(quantized.prepared, run_float(quantized.prepared, samples, 0), used).accuracy;
    page.accuracy_name = "accuracy on calibration data";
}

void write_report(const Words &words, const Graph &graph, const quantize::Quantized &quantized,
                  const quantize::Samples &samples, const quantize::Options &options) {
    ProgressLine progress("measuring sensitivity", words.verbose);
    report::QuantizationReport page =
        quantize::explain(graph, quantized, samples, options, progress.callback());
    if (!words.labels.empty())
        add_accuracy(words, quantized, samples, page);
    report::write_quantization_report(page, words.report);
}

/// The debugger's arrays, complete but not yet in their place.
std::unique_ptr<quantize::DebugFolder>
debug(const Words &words, const quantize::Quantized &quantized, const quantize::Samples &samples) {
    const quantize::DebugMode mode = quantize::debug_mode(words.debug);
    const quantize::Samples few = samples.some(words.debug_samples);
    auto folder = std::make_unique<quantize::DebugFolder>(words.debug_dir, mode,
                                                          quantized.graph.name, few.count);
    ProgressLine progress("debugging", words.verbose);
    quantize::debug(
        quantized.prepared, quantized.graph, few, mode,
        [&](const quantize::DebugTensor &tensor) { folder->add(tensor); }, progress.callback());
    return folder;
}

/// Without samples, what the user has left open becomes what needs none. Returns notes on it.
std::vector<std::string> adapt_to_no_data(const Words &words, quantize::Options &options) {
    if (words.statistics.empty())
        throw UsageError("{}: there is no --data; give samples, or --statistics and --correct none",
                         words.model);
    for (const auto &[option, word] :
         {std::pair("--report", &words.report), std::pair("--labels", &words.labels),
          std::pair("--debug", &words.debug)})
        if (!word->empty())
            throw UsageError("{}: {} needs samples; give --data", words.model, option);
    if (options.scheme.calibration.search && words.calibration.empty()) {
        options.scheme.calibration.search = false;
        return {fmt::format("there are no samples to search ranges with; calibration is {}",
                            quantize::to_text(options.scheme.calibration))};
    }
    return {};
}

/// Refuses what cannot be written before anything is computed.
void require_places(const Words &words) {
    const fs::path extension = fs::path(words.output).extension();
    if (extension != ".tflite" && extension != ".onnx" && extension != ".octet")
        throw UsageError("{}: its extension says no format; use .octet, .tflite or .onnx",
                         words.output);
    for (const std::string &file : {words.output, words.report, words.save_statistics})
        if (const fs::path folder = fs::path(file).parent_path();
            !folder.empty() && !fs::is_directory(folder))
            throw UsageError("{}: there is no folder {}; make it first", file, folder.string());
    if (words.debug.empty() != words.debug_dir.empty())
        throw UsageError("{}: --debug and --debug-dir belong together; give both", words.model);
    if (!words.debug.empty()) {
        quantize::debug_mode(words.debug);
        quantize::DebugFolder::require_free(words.debug_dir);
    }
}

std::optional<quantize::Statistics> read_statistics(const Words &words, const Graph &graph) {
    if (words.statistics.empty())
        return std::nullopt;
    std::vector<std::string> unused;
    return quantize::load_statistics(quantize::prepare(graph, unused), words.statistics);
}

int run(Words words) {
    quantize::Options options = options_of(words);
    if (!words.target.empty())
        options = quantize::obey(options, target_named(words.target));
    require_places(words);
    std::vector<std::string> notes;
    if (words.data.empty() && !options.budgets.empty())
        throw UsageError("{}: a budget needs samples; give --data", words.model);
    if (words.data.empty())
        notes = adapt_to_no_data(words, options);
    const Graph graph = load_float(words.model);
    const std::optional<DataScale> scale =
        words.data_scale.empty() ? std::nullopt : std::optional(data_scale(words.data_scale));
    keep_freed_memory();
    quantize::Samples samples =
        words.data.empty() ? quantize::Samples() : read_samples(graph, words.data, scale);
    words.sample_count = samples.count;
    if (samples.count > words.samples)
        samples = samples.some(words.samples);

    const std::vector<std::string> budget_notes =
        obey_budgets(graph, samples, {words.output, words.target, words.verbose}, options);
    ProgressLine progress("quantizing", words.verbose);
    quantize::Quantized quantized = quantize::quantize(graph, samples, options, progress.callback(),
                                                       read_statistics(words, graph));
    progress.clear();
    for (auto *notes : {&quantized.notes, &quantized.graph.notes})
        notes->insert(notes->end(), budget_notes.begin(), budget_notes.end());
    notes.insert(notes.end(), quantized.notes.begin(), quantized.notes.end());
    for (const std::string &note : notes)
        fmt::print(stderr, "octet: note: {}\n", note);
    if (!words.target.empty())
        require_runnable(quantized.graph, words.target);
    const auto folder = words.debug.empty() ? nullptr : debug(words, quantized, samples);
    export_model(quantized.graph, words.output);
    if (!words.report.empty())
        write_report(words, graph, quantized, samples, options);
    if (!words.save_statistics.empty())
        quantize::save(quantized.observed, quantized.prepared, words.save_statistics);
    print_layers(quantized, samples.count > 0);
    if (folder)
        fmt::print("{}: arrays of {} samples, {} bytes\n", words.debug_dir,
                   std::min<int64_t>(samples.count, words.debug_samples), folder->commit());
    fmt::print("{}: {} bytes, ", words.output, fs::file_size(words.output));
    if (samples.count > 0)
        fmt::print("output SQNR {:.2f} dB on {} calibration samples\n",
                   quantized.outcome.output_sqnr, samples.count);
    else
        fmt::print("ranges from {} samples of an earlier run\n", quantized.statistics.samples);
    return 0;
}

} // namespace

Verb add_quantize(Arguments command) {
    Arguments verb = command.verb("quantize", "Make an int8 network of a float one");
    auto words = std::make_shared<Words>();
    verb.positional("FLOAT", words->model, "The float network: .tflite, .onnx or .octet");
    verb.option("-d,--data", words->data,
                "Calibration samples: one .npy file per input, samples along the first axis");
    verb.option("-o,--output", words->output, "The int8 network: .octet, .tflite or .onnx",
                Need::required);
    verb.option("--weights", words->weights,
                "per-channel or per-tensor[,symmetric|asymmetric|pow2][,8|4|3|2|codebook:N]");
    verb.option("--budget", words->budgets,
                "size=BYTES|K|M|% or latency=us|ms|s|instructions|%: choose each layer's bits for "
                "it; may be repeated");
    verb.option("--activations", words->activations,
                "asymmetric, symmetric or pow2[,8][,signed|unsigned]");
    verb.option("--calibration", words->calibration,
                "minmax, average, percentile:P, mse or entropy");
    verb.option("--correct", words->correct, "none, all, or a list of equalize, bias, round");
    verb.option("--compute", words->compute, "integer, float, weight-only or dynamic");
    verb.option("--config", words->config, "A JSON file of these options and of rules for layers");
    verb.option("--ends", words->ends,
                "Type of the network's inputs and outputs: int8 or float; float for .onnx");
    verb.option("--rounding", words->rounding,
                "reference, micro or float; reference for .tflite, else float");
    verb.option("-t,--target", words->target, "Keep to what this target can run");
    verb.option("--samples", words->samples, 1, 1000000, "Use at most so many of the samples");
    verb.option("--data-scale", words->data_scale,
                "SCALE[,ZERO_POINT]: the arrays' numbers mean SCALE (number - ZERO_POINT)");
    verb.option("--save-statistics", words->save_statistics,
                "Write what calibration saw to this file");
    verb.option(
        "--statistics", words->statistics,
        "What --save-statistics wrote for this network, instead of observing it again; with "
        "--correct none no data are needed");
    verb.option("--report", words->report,
                "Write a page (.html) that explains the result layer by layer");
    verb.option("-l,--labels", words->labels,
                "Class numbers of the samples, for the report's accuracy");
    verb.option("--debug", words->debug,
                "whole, int-per-layer or float-per-layer: write every layer's values in both "
                "networks");
    verb.option("--debug-dir", words->debug_dir, "A new folder for the debugger's arrays");
    verb.option("--debug-samples", words->debug_samples, 1, 100000,
                "Samples that the debugger runs; 4 if not said");
    verb.flag("--verbose", words->verbose, "Say on stderr what is done");
    verb.footer(R"(
Needs no option but the data: 8 bits, weights per channel, and all corrections. docs/quantization.md
says how to choose.

Examples:
  octet quantize resnet.onnx --data train_x.npy -o resnet_int8.tflite
  octet quantize mobilenet.onnx --data x.npy -o m.onnx --weights per-tensor --calibration entropy
  octet quantize resnet.onnx --data x.npy -o resnet.octet --weights per-channel,4 --report r.html)");
    return {verb, [words] { return run(*words); }};
}

} // namespace octet::tools
