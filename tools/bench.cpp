// octet bench: where a network's time goes, layer by layer, beside what this machine can do at
// most.
#include "compiler/support/pending_file.h"
#include "tools/int8_peak.h"
#include "tools/model.h"
#include "tools/table.h"
#include "tools/verb.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <numeric>

namespace octet::tools {
namespace {

struct Options : ModelOptions {
    double seconds = 1;
    std::string json;
};

struct Result {
    const Compiled &compiled;
    Timing timing;
    int threads;
    double peak; ///< GMAC/s of one thread; 0 when it could not be measured
};

/// 10^9 multiply-accumulates a second; 0 for layers without any.
double rate(int64_t macs, double seconds) {
    return seconds > 0 ? double(macs) / seconds / 1e9 : 0;
}

std::string to_json(const Result &result) {
    const lower::Program &program = result.compiled.program;
    const auto &code = result.compiled.code_bytes;
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (size_t i = 0; i < program.calls.size(); i++) {
        const lower::Call &call = program.calls[i];
        layers.push_back({{"name", call.name},
                          {"op", name_of(call.op)},
                          {"shape", call.shape},
                          {"macs", call.macs},
                          {"seconds_min", result.timing.layers.at(i).seconds_min},
                          {"seconds_median", result.timing.layers.at(i).seconds_median},
                          {"instructions", nullptr}, // counted on emulators only
                          {"kernel", program.kernels.at(size_t(call.kernel)).symbol}});
    }
    const nlohmann::ordered_json json = {
        {"target", program.target},
        {"rounding", name_of(program.rounding)},
        {"threads", result.threads},
        {"total_seconds_min", result.timing.total.seconds_min},
        {"total_seconds_median", result.timing.total.seconds_median},
        {"total_instructions", nullptr},
        {"int8_peak_gmacs", result.peak},
        {"arena_bytes", program.arena_bytes},
        {"weight_bytes", program.weights.size()},
        {"code_bytes", std::accumulate(code.begin(), code.end(), uint64_t(0))},
        {"layers", layers}};
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::vector<std::string> row(const std::string &name, std::string_view op, const std::string &shape,
                             int64_t macs, const LayerTime &time, const Result &result,
                             const std::string &kernel) {
    const double gmacs = rate(macs, time.seconds_min);
    const double limit = result.peak * result.threads;
    return {name,
            std::string(op),
            shape,
            macs ? with_commas(macs) : "",
            fmt::format("{:.2f}", time.seconds_min * 1e6),
            fmt::format("{:.2f}", time.seconds_median * 1e6),
            macs ? fmt::format("{:.1f}", gmacs) : "",
            macs && limit > 0 ? fmt::format("{:.0f} %", 100 * gmacs / limit) : "",
            kernel};
}

void print(const Result &result) {
    const lower::Program &program = result.compiled.program;
    Table table({"layer", "operator", "output", ">MACs", ">min us", ">median us", ">GMAC/s",
                 ">of peak", "kernel"});
    int64_t macs = 0;
    LayerTime sum;
    for (size_t i = 0; i < program.calls.size(); i++) {
        const lower::Call &call = program.calls[i];
        const LayerTime &time = result.timing.layers.at(i);
        table.add(row(short_name(call.name), name_of(call.op), to_string(call.shape), call.macs,
                      time, result, program.kernels.at(size_t(call.kernel)).symbol));
        macs += call.macs;
        sum.seconds_min += time.seconds_min;
        sum.seconds_median += time.seconds_median;
    }
    table.add(row("sum of layers", "", "", macs, sum, result, ""));
    table.add(row("whole network", "", "", macs, result.timing.total, result, ""));
    fmt::print("{} on {}, rounding {}, {} thread{}\n", program.name, program.target,
               name_of(program.rounding), result.threads, result.threads == 1 ? "" : "s");
    fmt::print("{}", table.text());
    if (result.peak > 0)
        fmt::print("int8 peak, measured: {:.1f} GMAC/s a thread\n", result.peak);
}

int run(const Options &options) {
    const Compiled compiled = load_model(options).compiled;
    Session session(compiled, options.threads);
    Timing timing = measure(session, options.seconds);
    // Last, when the core has its working clock.
    const Result result{compiled, std::move(timing), options.threads, measure_int8_peak()};
    if (!options.json.empty())
        write_text_file(options.json, to_json(result));
    print(result);
    return 0;
}

} // namespace

Verb add_bench(Arguments command) {
    Arguments verb = command.verb("bench", "Measure a network layer by layer");
    auto options = std::make_shared<Options>();
    add_model_options(verb, *options);
    verb.option("--seconds", options->seconds, 0.01, 3600, "How long to measure");
    verb.option("--json", options->json, "Write the numbers to this file, too");
    verb.footer(R"(
Times are minimum and median over repeated runs, in microseconds; the share of peak is that of the
minimum. The peak is what int8 multiply-accumulates on registers alone reach on this machine.

Example: taskset -c 1 octet bench vww.tflite --rounding float --json vww.json)");
    return {verb, [options] { return run(*options); }};
}

} // namespace octet::tools
