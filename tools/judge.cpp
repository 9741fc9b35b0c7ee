#include "tools/judge.h"

#include "compiler/support/error.h"

#include <algorithm>

namespace octet::tools {

namespace {

double share_of_equals(const std::vector<int64_t> &a, const std::vector<int64_t> &b) {
    size_t equal = 0;
    for (size_t i = 0; i < a.size(); ++i)
        equal += a[i] == b[i];
    return a.empty() ? 0 : double(equal) / double(a.size());
}

template <typename T>
nlohmann::ordered_json or_null(const std::optional<T> &value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

} // namespace

int batch_of_outputs(const Graph &graph) {
    const Shape &shape = graph.tensor(graph.outputs.at(0)).shape;
    return shape.size() < 2 ? 1 : std::max(1, shape[0]);
}

std::vector<int64_t> classes(const Graph &graph, const std::vector<Values> &outputs) {
    const int64_t elements = graph.tensor(graph.outputs.at(0)).elements();
    const size_t one = size_t(elements / batch_of_outputs(graph));
    std::vector<int64_t> result;
    const Values &values = outputs.at(0);
    for (size_t first = 0; one > 0 && first + one <= values.size(); first += one) {
        const auto begin = values.begin() + long(first);
        result.push_back(std::max_element(begin, begin + long(one)) - begin);
    }
    return result;
}

Judgement judge(const Graph &graph, const std::vector<Values> &outputs,
                const std::vector<int64_t> &labels) {
    Judgement judgement;
    const std::vector<int64_t> found = classes(graph, outputs);
    judgement.samples = int64_t(found.size());
    if (!labels.empty())
        judgement.accuracy = share_of_equals(found, labels);
    return judgement;
}

void compare(const Graph &graph, const std::vector<Values> &outputs, const Graph &exact_graph,
             const std::vector<Values> &exact, Judgement &judgement) {
    quantize::Noise noise;
    if (outputs.size() != exact.size())
        throw UsageError("{}: has {} outputs, {} has {}; compare networks with the same outputs",
                         graph.source, outputs.size(), exact_graph.source, exact.size());
    for (size_t i = 0; i < outputs.size(); ++i) {
        if (outputs[i].size() != exact[i].size())
            throw UsageError("{}: output '{}' is {}, {} has {}; compare networks with the same "
                             "outputs",
                             graph.source, graph.tensor(graph.outputs[i]).name,
                             to_string(graph.tensor(graph.outputs[i]).shape), exact_graph.source,
                             to_string(exact_graph.tensor(exact_graph.outputs[i]).shape));
        noise.add(exact[i], outputs[i]);
    }
    judgement.sqnr_db = noise.sqnr();
    judgement.agreement = share_of_equals(classes(graph, outputs), classes(exact_graph, exact));
}

nlohmann::ordered_json to_json(const Judgement &judgement) {
    return {{"samples", judgement.samples},
            {"accuracy", or_null(judgement.accuracy)},
            {"agreement", or_null(judgement.agreement)},
            {"sqnr_db", or_null(judgement.sqnr_db)}};
}

} // namespace octet::tools
