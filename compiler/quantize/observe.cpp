#include "compiler/quantize/observe.h"

#include "compiler/graph/check_operator.h"
#include "compiler/support/hash.h"
#include "compiler/support/parallel.h"
#include "compiler/support/pending_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace octet::quantize {

namespace {

/// Of the files that hold statistics.
constexpr int version = 2;

/// Values of one sample along the last axis have statistics of their own up to this many channels.
constexpr int most_channels = 1 << 14;

TensorStatistics empty_statistics(const Tensor &tensor) {
    TensorStatistics statistics;
    if (!tensor.shape.empty() && tensor.shape.back() <= most_channels)
        statistics.channels.emplace(tensor.shape.back());
    return statistics;
}

void require_finite(const Graph &graph, TensorId id, const TensorStatistics &statistics) {
    if (const int64_t wrong = statistics.histogram.non_finite())
        throw Error("{}: tensor '{}' has {} values that are NaN or infinite on the calibration "
                    "data; look for them in the data, or for overflow in the network",
                    where(graph), graph.tensor(id).name, wrong);
}

} // namespace

uint64_t fingerprint(const Graph &graph) {
    uint64_t hash = fnv1a(nullptr, 0);
    const auto add = [&](const auto &elements) {
        const uint64_t count = elements.size();
        hash = fnv1a(&count, sizeof count, hash);
        hash = fnv1a(elements.data(), count * sizeof elements[0], hash);
    };
    for (const Tensor &tensor : graph.tensors) {
        add(tensor.name);
        add(tensor.shape);
        add(tensor.constant() ? *tensor.data : Bytes());
    }
    for (const Operator &op : graph.operators) {
        add(name_of(op.kind));
        add(op.inputs);
        add(op.outputs);
    }
    add(graph.inputs);
    add(graph.outputs);
    return hash;
}

int64_t samples_at_once(const Graph &graph) {
    constexpr int64_t elements = int64_t(1) << 23; // of the largest tensor, 32 MB of floats
    int64_t largest = 1;
    for (const Tensor &tensor : graph.tensors)
        if (!tensor.constant())
            largest = std::max(largest, tensor.elements());
    return std::clamp<int64_t>(elements / largest, 1, 64);
}

Statistics observe(const Graph &graph, const FloatExecutor &executor, const Samples &samples,
                   const Progress &progress) {
    if (samples.count == 0)
        throw UsageError("{}: the calibration data hold no samples; give a few hundred",
                         where(graph));
    Statistics result;
    result.network = fingerprint(graph);
    result.samples = samples.count;
    result.tensors.resize(graph.tensors.size());
    const int64_t at_once = samples_at_once(graph);
    for (int64_t first = 0; first < samples.count; first += at_once) {
        const int64_t count = std::min(at_once, samples.count - first);
        executor.run(samples.slice(first, count), count, [&](TensorId id, std::span<float> values) {
            auto &statistics = result.tensors[size_t(id)];
            if (!statistics)
                statistics = empty_statistics(graph.tensor(id));
            // Each sample by itself, then merged in order: the sums are the same on any number of
            // threads.
            std::vector<TensorStatistics> each(size_t(count), empty_statistics(graph.tensor(id)));
            const size_t one = values.size() / size_t(count);
            parallel_for(count, [&](int64_t i) {
                each[size_t(i)].add_sample(values.subspan(size_t(i) * one, one));
            });
            for (const TensorStatistics &sample : each)
                statistics->merge(sample);
            require_finite(graph, id, *statistics);
        });
        if (progress)
            progress(size_t(first + count), size_t(samples.count), "");
    }
    for (TensorId id : graph.inputs) {
        const Histogram &histogram = result.of(id).histogram;
        if (histogram.min() == histogram.max())
            throw Error("{}: the calibration data for input '{}' are {} everywhere; give real "
                        "samples, from which ranges can be learned",
                        where(graph), graph.tensor(id).name, histogram.min());
    }
    return result;
}

void save(const Statistics &statistics, const Graph &graph, const std::filesystem::path &file) {
    nlohmann::json tensors = nlohmann::json::object();
    for (size_t id = 0; id < statistics.tensors.size(); ++id)
        if (statistics.tensors[id])
            tensors[graph.tensors[id].name] = {{"shape", graph.tensors[id].shape},
                                               {"statistics", *statistics.tensors[id]}};
    const nlohmann::json json = {{"octet_statistics", version},
                                 {"network", fmt::format("{:016x}", statistics.network)},
                                 {"samples", statistics.samples},
                                 {"tensors", tensors}};
    write_text_file(file,
                    json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

namespace {

/// One tensor's, of which what is read later is there.
TensorStatistics read_tensor(const nlohmann::json &entry, const Tensor &tensor) {
    const auto result = entry.get<TensorStatistics>();
    const TensorStatistics wanted = empty_statistics(tensor);
    const bool fits =
        result.channels.has_value() == wanted.channels.has_value() &&
        (!wanted.channels || result.channels->channels() == wanted.channels->channels());
    if (!fits || result.histogram.empty() || result.histogram.non_finite() > 0)
        throw Error("they are of no tensor of {}", to_string(tensor.shape));
    return result;
}

} // namespace

Statistics load_statistics(const Graph &graph, const std::filesystem::path &file) {
    if (!std::filesystem::exists(file))
        throw UsageError("{}: there is no such file; write it with --save-statistics",
                         file.string());
    Statistics result;
    result.network = fingerprint(graph);
    result.tensors.resize(graph.tensors.size());
    try {
        const nlohmann::json json = nlohmann::json::parse(read_text_file(file));
        if (json.at("octet_statistics").get<int>() != version)
            throw Error("{}: its statistics have another version; write them again", file.string());
        result.samples = json.at("samples").get<int64_t>();
        if (result.samples < 1)
            throw Error("{}: says that it saw {} samples; write it again", file.string(),
                        result.samples);
        for (size_t id = 0; id < graph.tensors.size(); ++id) {
            const Tensor &tensor = graph.tensors[id];
            if (tensor.constant())
                continue;
            const auto found = json.at("tensors").find(tensor.name);
            if (found == json.at("tensors").end() ||
                found->at("shape").get<Shape>() != tensor.shape)
                throw Error("{}: has no statistics of tensor '{}' ({}); they belong to another "
                            "network or another preparation, write them again",
                            file.string(), tensor.name, to_string(tensor.shape));
            try {
                result.tensors[id] = read_tensor(found->at("statistics"), tensor);
            } catch (const Error &error) {
                throw Error("{}: tensor '{}': its statistics are damaged ({}); write them again",
                            file.string(), tensor.name, error.what());
            }
        }
        if (json.at("network").get<std::string>() != fmt::format("{:016x}", result.network))
            throw Error("{}: belongs to a network of the same shapes with other weights; write the "
                        "statistics again",
                        file.string());
    } catch (const nlohmann::json::exception &error) {
        throw Error("{}: these are no statistics ({}); write them with --save-statistics",
                    file.string(), error.what());
    }
    return result;
}

} // namespace octet::quantize
