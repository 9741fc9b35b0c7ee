#include "compiler/latency.h"

#include "compiler/support/error.h"

#include <numeric>
#include <set>

namespace octet {

namespace {

/// The operator that a call works for: of the kernel that decodes its weights, too.
std::string operator_of(const lower::Call &call, const std::set<std::string> &operators) {
    if (operators.contains(call.name))
        return call.name;
    const std::string suffix = "/weights"; // lower/decode.cpp
    if (call.name.ends_with(suffix))
        if (const std::string name = call.name.substr(0, call.name.size() - suffix.size());
            operators.contains(name))
            return name;
    return "";
}

/// Each call's seconds, so that their sum is the network's: alone, a call finds its code and data
/// in the caches, and takes less time than in its turn.
std::vector<double> call_seconds(const Compiled &compiled) {
    constexpr double seconds = 1;
    Session session(compiled);
    const Timing timing = measure(session, seconds);
    std::vector<double> result;
    for (const LayerTime &layer : timing.layers)
        result.push_back(layer.seconds_min);
    const double sum = std::accumulate(result.begin(), result.end(), 0.0);
    for (double &layer : result)
        layer *= sum > 0 ? timing.total.seconds_min / sum : 1;
    return result;
}

std::vector<double> call_instructions(const Compiled &compiled) {
    const Count counted = count(compiled);
    if (counted.layers.size() != compiled.program.calls.size())
        throw Error("target {}: its runner counts no instructions; install the emulator's plugin "
                    "(docs/bare-metal.md), or leave latency out",
                    compiled.target.name);
    return {counted.layers.begin(), counted.layers.end()};
}

} // namespace

bool measures_time(const Target &target) {
    return target.runner.kind == Runner::Kind::in_process;
}

std::map<std::string, double> layer_latencies(const Graph &graph, const CompileOptions &options) {
    if (options.target.runner.kind == Runner::Kind::none ||
        (measures_time(options.target) && !runs_here(options.target)))
        throw UsageError("target {}: nothing runs it from this machine, so no latency can be "
                         "measured; name a budget of size instead",
                         options.target.name);
    const Compiled compiled = compile(graph, options);
    const std::vector<double> calls =
        measures_time(options.target) ? call_seconds(compiled) : call_instructions(compiled);
    std::set<std::string> operators;
    for (const Operator &op : graph.operators)
        operators.insert(op.name);
    std::map<std::string, double> result;
    for (size_t i = 0; i < calls.size(); ++i)
        result[operator_of(compiled.program.calls[i], operators)] += calls[i];
    return result;
}

} // namespace octet
