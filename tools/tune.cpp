// octet tune: the best knobs for a network's kernels on a target that runs from this machine.
#include "compiler/tune.h"

#include "compiler/support/error.h"
#include "compiler/support/pending_file.h"
#include "tools/model.h"
#include "tools/progress.h"
#include "tools/table.h"
#include "tools/verb.h"

#include <fmt/format.h>

namespace octet::tools {
namespace {

namespace fs = std::filesystem;

struct Options : ModelOptions {
    double budget = 60;
};

int run(const Options &options) {
    const Target target = load_target(options, true);
    const Graph graph = load_graph(options);
    const fs::path file = tuned_file(target);
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error)
        throw Error("{}: {}; set OCTET_TUNED to a folder that can be written",
                    file.parent_path().string(), error.message());
    CompileOptions compile_options;
    compile_options.target = target;
    compile_options.cache = options.cache;
    ProgressLine progress("tuning", options.verbose);
    const TuneResult result = tune(graph, compile_options, {options.budget, progress.callback()});
    progress.clear();
    write_text_file(file, result.database.text());
    const auto text = [&](double cost) {
        return result.instructions ? with_commas(int64_t(cost)) + " instructions"
                                   : fmt::format("{:.2f} us", 1e6 * cost);
    };
    fmt::print("{} rounds: {} before, {} after (sum of the kernels tuned)\n"
               "wrote {} ({} kernels)\n",
               result.rounds, text(result.before), text(result.after), file.string(),
               result.database.size());
    return 0;
}

} // namespace

Verb add_tune(Arguments command) {
    Arguments verb = command.verb("tune", "Search the fastest schedules for a network's kernels");
    auto options = std::make_shared<Options>();
    add_model_options(verb, *options);
    verb.option("--budget", options->budget, 1, 1e6, "Seconds to spend");
    verb.footer(R"(
Tries the schedule family's candidates for every convolution and depthwise convolution, measures them
inside the network and keeps the fastest in schedules/tuned/TARGET.json (or in the folder that
OCTET_TUNED names), which every later compilation for the target uses. Where the target's runner is
an emulator, fewest instructions are best; where it is this machine, keep it quiet.

Example: octet tune mobilenet_v2.tflite --target host --budget 120)");
    return {verb, [options] { return run(*options); }};
}

} // namespace octet::tools
