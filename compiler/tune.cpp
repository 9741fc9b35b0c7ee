#include "compiler/tune.h"

#include "compiler/lower/lower.h"
#include "compiler/support/error.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <map>

namespace octet {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// What tuning knows of a kernel's candidates so far.
struct Best {
    std::string generator, key;
    json knobs;
    double cost = 0, first_cost = 0;
};

template <typename Spec>
std::string key_from(const json &spec) {
    return schedules::tuning_key(spec.get<Spec>());
}

/// The database key of a kernel, or empty for kernels without candidates.
std::string key_of(const json &kernel) {
    if (kernel.at("generator") == "conv2d")
        return key_from<generators::Conv2dSpec>(kernel.at("spec"));
    if (kernel.at("generator") == "depthwise_conv2d")
        return key_from<generators::DepthwiseConv2dSpec>(kernel.at("spec"));
    return {};
}

/// What each call costs: seconds where the kernels run in this process, else instructions.
std::vector<double> costs_of(const Compiled &compiled) {
    std::vector<double> costs;
    if (compiled.target.runner.kind == Runner::Kind::in_process) {
        Session session(compiled);
        for (const LayerTime &layer : measure(session, 0.3).layers)
            costs.push_back(layer.seconds_min);
        return costs;
    }
    const Count counted = count(compiled);
    if (counted.layers.empty())
        throw Error(
            "target {}: its runner counts nothing, so nothing can be tuned; let its command "
            "write {{counts}}",
            compiled.target.name);
    costs.assign(counted.layers.begin(), counted.layers.end());
    return costs;
}

} // namespace

fs::path tuned_file(const Target &target) {
    const char *folder = std::getenv("OCTET_TUNED");
    return fs::path(folder && *folder ? folder : OCTET_TUNED_DIRECTORY) / (target.name + ".json");
}

TuneResult tune(const Graph &graph, const CompileOptions &options, const TuneOptions &tuning) {
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    std::map<std::string, Best> best;
    TuneResult result;
    result.instructions = options.target.runner.kind == Runner::Kind::command;
    // A lead of less than 2 % in time may be noise; the earlier candidate keeps its place.
    const double lead = result.instructions ? 1 : 0.98;
    constexpr size_t most_rounds = 64;
    // Round 0 is the family's own choice; a round that brings no new kernel ends the search.
    for (size_t round = 0; round < most_rounds && (round == 0 || elapsed() < tuning.seconds);
         ++round) {
        CompileOptions trial = options;
        trial.progress = {};
        const schedules::Tuned candidate = schedules::Tuned::trying(round);
        const Compiled compiled = compile(graph, trial, candidate);
        const std::vector<double> costs = costs_of(compiled);
        bool fresh = false;
        for (size_t i = 0; i < compiled.program.calls.size(); ++i) {
            const json kernel = json::parse(
                compiled.program.kernels[size_t(compiled.program.calls[i].kernel)].spec);
            const std::string key = key_of(kernel);
            if (key.empty())
                continue;
            const double cost = costs[i];
            const std::string generator = kernel.at("generator");
            Best &entry = best[generator + key];
            if (round == 0)
                entry.first_cost = entry.first_cost ? std::min(entry.first_cost, cost) : cost;
            fresh |= entry.knobs != kernel.at("knobs");
            if (entry.knobs.is_null() || cost < lead * entry.cost ||
                (entry.knobs == kernel.at("knobs") && cost < entry.cost))
                entry = {generator, key, kernel.at("knobs"), cost, entry.first_cost};
        }
        ++result.rounds;
        if (tuning.progress)
            tuning.progress(round + 1, most_rounds, "round " + std::to_string(round + 1));
        if (!fresh)
            break;
    }
    result.database = schedules::Tuned::read(tuned_file(options.target));
    for (const auto &[name, entry] : best) {
        result.database.set(entry.generator, entry.key, entry.knobs);
        result.before += entry.first_cost;
        result.after += entry.cost;
    }
    return result;
}

} // namespace octet
