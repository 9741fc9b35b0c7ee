// octet verify: every layer and the whole network against the reference interpreter, bit for bit.
#include "compiler/support/pending_file.h"
#include "tools/model.h"
#include "tools/progress.h"
#include "tools/table.h"
#include "tools/verb.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace octet::tools {
namespace {

struct Options : ModelOptions {
    int cases = 4;
    int seed = 1;
    std::string json;
};

std::string to_json(const Verdict &verdict) {
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (const LayerVerdict &layer : verdict.layers)
        layers.push_back({{"name", layer.name},
                          {"op", layer.op},
                          {"outputs", layer.outputs},
                          {"mismatches", layer.mismatches}});
    const nlohmann::ordered_json json = {
        {"outputs", verdict.outputs}, {"mismatches", verdict.mismatches}, {"layers", layers}};
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void print(const Verdict &verdict) {
    Table table({"layer", "operator", ">outputs", ">mismatches"});
    for (const LayerVerdict &layer : verdict.layers)
        table.add({short_name(layer.name), layer.op, with_commas(layer.outputs),
                   with_commas(layer.mismatches)});
    fmt::print("{}", table.text());
    // The contract's last line: plain digits, for scripts.
    fmt::print("{} mismatches in {} outputs\n", verdict.mismatches, verdict.outputs);
}

int run(const Options &options) {
    const Target target = load_target(options, true);
    const Graph graph = load_graph(options);
    const Compiled compiled = compile_graph(graph, target, options);
    ProgressLine progress("verifying", options.verbose);
    const Verdict verdict =
        verify(graph, compiled, options.cases, uint32_t(options.seed), progress.callback());
    progress.clear();
    if (!options.json.empty())
        write_text_file(options.json, to_json(verdict));
    print(verdict);
    return verdict.mismatches > 0 ? 1 : 0;
}

} // namespace

Verb add_verify(Arguments command) {
    Arguments verb = command.verb("verify", "Compare every layer with the reference, bit for bit");
    auto options = std::make_shared<Options>();
    add_model_options(verb, *options);
    verb.option("--cases", options->cases, 1, 1000000, "Random inputs to compare on");
    verb.option("--seed", options->seed, 0, 1000000, "Seed of the random inputs");
    verb.option("--json", options->json, "Write the numbers to this file, too");
    verb.footer(R"(
Each layer runs alone on the reference's own inputs, then the network as a whole. The last line is
`N mismatches in M outputs`; the exit code is 1 when N is not 0.

Example: octet verify vww.tflite --target x86-64-avx2 --cases 100)");
    return {verb, [options] { return run(*options); }};
}

} // namespace octet::tools
