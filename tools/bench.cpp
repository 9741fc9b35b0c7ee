// octet bench: where a network's time goes, layer by layer, beside what this machine can do at
// most; on an emulator, where its instructions go.
#include "compiler/executor/cuda_driver.h"
#include "compiler/support/pending_file.h"
#include "tools/card_counts.h"
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
    int threads;
    Timing timing = {}; ///< in this process
    double peak = 0;    ///< GMAC/s of one thread; 0 when it could not be measured
    Count count = {};   ///< by the target's command

    bool timed() const { return !timing.layers.empty(); }
    bool counted() const { return !count.layers.empty(); }
};

/// 10^9 multiply-accumulates a second; 0 for layers without any.
double rate(int64_t macs, double seconds) {
    return seconds > 0 ? double(macs) / seconds / 1e9 : 0;
}

uint64_t code_bytes(const Compiled &compiled) {
    return std::accumulate(compiled.code_bytes.begin(), compiled.code_bytes.end(), uint64_t(0));
}

using Json = nlohmann::ordered_json;

/// `value`, or null where it was not measured.
template <typename T>
Json known(bool measured, const T &value) {
    return measured ? Json(value) : Json();
}

std::string to_json(const Result &result) {
    const lower::Program &program = result.compiled.program;
    const bool timed = result.timed(), counted = result.counted(), by_command = !timed;
    Json layers = Json::array();
    for (size_t i = 0; i < program.calls.size(); i++) {
        const lower::Call &call = program.calls[i];
        const LayerTime time = timed ? result.timing.layers.at(i) : LayerTime();
        layers.push_back({{"name", call.name},
                          {"op", name_of(call.op)},
                          {"shape", call.shape},
                          {"macs", call.macs},
                          {"seconds_min", known(timed, time.seconds_min)},
                          {"seconds_median", known(timed, time.seconds_median)},
                          {"instructions", counted ? Json(result.count.layers.at(i)) : Json()},
                          {"kernel", program.kernels.at(size_t(call.kernel)).symbol}});
    }
    const Json json = {{"target", program.target},
                       {"rounding", name_of(program.rounding)},
                       {"threads", result.threads},
                       {"total_seconds_min", known(timed, result.timing.total.seconds_min)},
                       {"total_seconds_median", known(timed, result.timing.total.seconds_median)},
                       {"total_instructions", known(counted, result.count.total)},
                       {"int8_peak_gmacs", known(timed, result.peak)},
                       {"arena_bytes", program.arena_bytes()},
                       {"arena_lower_bound", program.arena_lower_bound()},
                       {"arena_used_bytes", known(by_command, result.count.arena_bytes)},
                       {"stack_used_bytes", known(by_command, result.count.stack_bytes)},
                       {"weight_bytes", program.weights.size()},
                       {"code_bytes", code_bytes(result.compiled)},
                       {"layers", layers}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
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

void print_times(const Result &result) {
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

std::vector<std::string> row(const std::string &name, std::string_view op, const std::string &shape,
                             int64_t macs, uint64_t instructions, const std::string &kernel) {
    return {name,
            std::string(op),
            shape,
            macs ? with_commas(macs) : "",
            with_commas(int64_t(instructions)),
            macs ? fmt::format("{:.3f}", double(instructions) / double(macs)) : "",
            kernel};
}

void print_counts(const Result &result) {
    const lower::Program &program = result.compiled.program;
    fmt::print("{} on {}, rounding {}\n", program.name, program.target, name_of(program.rounding));
    if (result.counted()) {
        Table table(
            {"layer", "operator", "output", ">MACs", ">instructions", ">per MAC", "kernel"});
        int64_t macs = 0;
        for (size_t i = 0; i < program.calls.size(); i++) {
            const lower::Call &call = program.calls[i];
            table.add(row(short_name(call.name), name_of(call.op), to_string(call.shape), call.macs,
                          result.count.layers.at(i),
                          program.kernels.at(size_t(call.kernel)).symbol));
            macs += call.macs;
        }
        const auto &layers = result.count.layers;
        table.add(row("sum of layers", "", "", macs,
                      std::accumulate(layers.begin(), layers.end(), uint64_t(0)), ""));
        table.add(row("whole network", "", "", macs, result.count.total, ""));
        fmt::print("{}", table.text());
    } else {
        fmt::print("the runner's command counts nothing: it does not mention {{counts}}\n");
    }
    fmt::print("arena: {} of {} bytes used (lower bound {}); stack: {} bytes\n",
               with_commas(int64_t(result.count.arena_bytes)),
               with_commas(int64_t(program.arena_bytes())),
               with_commas(int64_t(program.arena_lower_bound())),
               with_commas(int64_t(result.count.stack_bytes)));
}

/// In the interpreter of CUDA kernels, whose time says nothing of a card's.
int run_interpreted(const Options &options, const Compiled &compiled) {
    const std::vector<CardCount> counts = count_on_card(compiled);
    if (!options.json.empty())
        write_text_file(options.json, to_json(compiled.program, counts));
    fmt::print("{} on {}, rounding {}: counts of the interpreter, no times; instructions are those "
               "of warps, loaded and stored are bytes of global memory, sectors 32 of them\n{}",
               compiled.program.name, compiled.program.target, name_of(compiled.program.rounding),
               to_text(compiled.program, counts));
    return 0;
}

int run(const Options &options) {
    const Compiled compiled = load_model(options).compiled;
    const bool card = compiled.target.lane == "cuda";
    if (card && cuda_driver(compiled.target).interpreter)
        return run_interpreted(options, compiled);
    Result result{.compiled = compiled, .threads = options.threads};
    if (compiled.target.runner.kind == Runner::Kind::command) {
        result.count = count(compiled);
    } else {
        Session session(compiled, options.threads);
        result.timing = measure(session, options.seconds);
        if (!card)
            result.peak = measure_int8_peak(); // last, when the core has its working clock
    }
    if (!options.json.empty())
        write_text_file(options.json, to_json(result));
    if (result.timed())
        print_times(result);
    else
        print_counts(result);
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
On a target that an emulator runs, the table shows executed instructions instead, and what was used of
arena and stack. On a cuda target without a card it shows what the interpreter of its kernels counts;
on a card times include the copies of inputs and outputs.

Example: taskset -c 1 octet bench vww.tflite --rounding float --json vww.json
         octet bench vww.tflite --target cortex-m4)");
    return {verb, [options] { return run(*options); }};
}

} // namespace octet::tools
