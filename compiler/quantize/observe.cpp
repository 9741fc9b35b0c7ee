#include "compiler/quantize/observe.h"

#include "compiler/graph/check_operator.h"
#include "compiler/support/pending_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace octet::quantize {

namespace {

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
    result.samples = samples.count;
    result.tensors.resize(graph.tensors.size());
    const int64_t at_once = samples_at_once(graph);
    for (int64_t first = 0; first < samples.count; first += at_once) {
        const int64_t count = std::min(at_once, samples.count - first);
        executor.run(samples.slice(first, count), count, [&](TensorId id, std::span<float> values) {
            auto &statistics = result.tensors[size_t(id)];
            if (!statistics)
                statistics = empty_statistics(graph.tensor(id));
            const size_t one = values.size() / size_t(count);
            for (int64_t i = 0; i < count; ++i)
                statistics->add_sample(values.subspan(size_t(i) * one, one));
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
    const nlohmann::json json = {
        {"octet_statistics", 1}, {"samples", statistics.samples}, {"tensors", tensors}};
    write_text_file(file,
                    json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

Statistics load_statistics(const Graph &graph, const std::filesystem::path &file) {
    if (!std::filesystem::exists(file))
        throw UsageError("{}: there is no such file; write it with --save-statistics",
                         file.string());
    Statistics result;
    result.tensors.resize(graph.tensors.size());
    try {
        const nlohmann::json json = nlohmann::json::parse(read_text_file(file));
        if (json.at("octet_statistics").get<int>() != 1)
            throw Error("{}: its statistics have another version; write them again", file.string());
        result.samples = json.at("samples").get<int64_t>();
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
            result.tensors[id].emplace();
            found->at("statistics").get_to(*result.tensors[id]);
        }
    } catch (const nlohmann::json::exception &error) {
        throw Error("{}: these are no statistics ({}); write them with --save-statistics",
                    file.string(), error.what());
    }
    return result;
}

} // namespace octet::quantize
