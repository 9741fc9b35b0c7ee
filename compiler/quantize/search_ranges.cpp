#include "compiler/quantize/search_ranges.h"

#include "compiler/quantize/replay.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace octet::quantize {

namespace {

class Search {
public:
    Search(const Graph &graph, const Statistics &statistics, const Samples &samples,
           const std::vector<Values> &exact, Plan &plan)
        : graph_(graph), statistics_(statistics), exact_(exact), plan_(plan),
          // Plain rounding is what the searched grids stand beside.
          replay_(graph, plan, rounded_layers(graph, plan), samples) {}

    double run(const Progress &progress) {
        const std::vector<TensorId> groups = adjustable_groups();
        double best = sqnr(replay_.outputs());
        size_t done = 0;
        for (TensorId group : groups) {
            tried_.clear();
            best = improve(group, best);
            if (progress)
                progress(++done, groups.size(), graph_.tensor(group).name);
        }
        return best;
    }

private:
    std::vector<TensorId> adjustable_groups() const {
        std::vector<TensorId> groups;
        std::set<TensorId> seen;
        for (const ActivationPlan &tensor : plan_.tensors)
            if (tensor.integer && tensor.adjustable && seen.insert(tensor.group).second)
                groups.push_back(tensor.group);
        return groups;
    }

    double sqnr(const std::vector<std::span<const float>> &outputs) const {
        Noise noise;
        for (size_t i = 0; i < outputs.size(); ++i)
            noise.add(exact_[i], outputs[i]);
        return noise.sqnr();
    }

    /// Ranges whose ends differ by less than a step of 8 bits measure alike.
    bool was_tried(const Range &range) const {
        const float step = (range.hi - range.lo) / 256;
        return std::ranges::any_of(tried_, [&](const Range &other) {
            return std::abs(other.lo - range.lo) < step && std::abs(other.hi - range.hi) < step;
        });
    }

    double try_range(TensorId group, const Range &range, double best) {
        const ActivationPlan before = plan_.of(group);
        if (tried_.empty())
            tried_.push_back(before.range);
        if (!(range.lo < range.hi) || was_tried(range))
            return best;
        tried_.push_back(range);
        set_range(plan_, group, range);
        if (const double reached = sqnr(replay_.try_group(group)); reached > best) {
            replay_.accept();
            return reached;
        }
        set_range(plan_, group, before.range);
        return best;
    }

    double improve(TensorId group, double best) {
        const TensorStatistics &statistics = statistics_.of(group);
        const Grid &grid = plan_.of(group).grid;
        for (Method method : {Method::minmax, Method::mse, Method::entropy})
            best = try_range(group, choose_range(statistics, method, grid), best);
        for (double percentile : {99.9, 99.99, 99.999})
            best = try_range(group, choose_range(statistics, Method::percentile, grid, percentile),
                             best);
        const Range seen = choose_range(statistics, Method::minmax, grid);
        for (float factor : {0.85f, 0.93f, 1.07f, 1.15f}) {
            const Range range = plan_.of(group).range;
            best = try_range(
                group, {std::max(seen.lo, range.lo * factor), std::min(seen.hi, range.hi * factor)},
                best);
        }
        return best;
    }

    const Graph &graph_;
    const Statistics &statistics_;
    const std::vector<Values> &exact_;
    Plan &plan_;
    Replay replay_;
    std::vector<Range> tried_; ///< for the group that is searched
};

} // namespace

double search_ranges(const Graph &graph, const Statistics &statistics, const Samples &samples,
                     const std::vector<Values> &exact, Plan &plan, const Progress &progress) {
    return Search(graph, statistics, samples, exact, plan).run(progress);
}

int64_t samples_in_search(const Graph &graph) {
    int64_t work = 1;
    for (const Operator &op : graph.operators)
        work += macs(graph, op);
    constexpr int64_t most = int64_t(3) << 30;
    return std::min(std::clamp<int64_t>(most / work, 8, 128), Replay::most_samples(graph));
}

} // namespace octet::quantize
