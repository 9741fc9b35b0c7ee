#include "compiler/quantize/plan.h"

#include "compiler/graph/check_operator.h"
#include "compiler/graph/connections.h"
#include "compiler/quantize/weighted.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace octet::quantize {

namespace {

/// The grid that engines expect of a kind's output; nothing where it is free.
std::optional<Affine> fixed_affine(OpKind kind, const Grid &grid) {
    const float steps = float(1 << grid.bits);
    switch (kind) {
    case OpKind::softmax:
    case OpKind::logistic: // [0, 1)
        return grid.bits == 8 ? Affine{1.0f / steps, grid.lowest()} : Affine{2.0f / steps, 0};
    case OpKind::tanh: // [-1, 1)
        return Affine{2.0f / steps, grid.is_unsigned ? 1 << (grid.bits - 1) : 0};
    default:
        return std::nullopt;
    }
}

bool has_int16_form(OpKind kind) {
    return kind != OpKind::hard_swish && kind != OpKind::prelu && kind != OpKind::relu_n1_to_1;
}

Grid grid_of(const ActivationScheme &scheme) {
    return {.bits = scheme.bits,
            .symmetric = scheme.mode != Mode::asymmetric && !scheme.is_unsigned,
            .power_of_two = scheme.mode == Mode::power_of_two,
            .is_unsigned = scheme.is_unsigned};
}

void give(ActivationPlan &plan, const Range &range) {
    plan.range = range;
    const bool empty = range.lo == 0 && range.hi == 0;
    plan.affine = scale_and_zero_point(empty ? Range{-1, 1} : range, plan.grid);
}

class Planner {
public:
    Planner(const Graph &graph, const Statistics &statistics, const Options &options)
        : graph_(graph), statistics_(statistics), options_(options), connections_(graph),
          group_(graph.tensors.size()), fixed_(graph.tensors.size()), ranges_(graph.tensors.size()),
          given_(graph.tensors.size()) {
        std::iota(group_.begin(), group_.end(), 0);
    }

    Plan plan() {
        plan_.layers = schemes(graph_, options_);
        leave_out_int16();
        plan_.tensors.resize(graph_.tensors.size());
        find_integers();
        form_groups();
        give_ranges();
        choose_grids();
        return std::move(plan_);
    }

private:
    bool integer(const Operator &op) const {
        return plan_.layers[size_t(&op - graph_.operators.data())].compute == Compute::integer;
    }

    /// Operators that engines do not have for 16-bit activations stay float.
    void leave_out_int16() {
        for (const Operator &op : graph_.operators) {
            LayerScheme &scheme = plan_.layers[size_t(&op - graph_.operators.data())];
            if (scheme.compute != Compute::integer || scheme.activations.bits != 16 ||
                has_int16_form(op.kind))
                continue;
            scheme.compute = Compute::float32;
            plan_.notes.push_back(fmt::format(
                "{} ({}) stays float: engines have no kernel for its 16-bit activations", op.name,
                tflite_name_of(op.kind)));
        }
    }

    /// A tensor is integer when an integer operator touches it.
    void find_integers() {
        for (const Operator &op : graph_.operators) {
            if (!integer(op))
                continue;
            for (const auto *ids : {&op.inputs, &op.outputs})
                for (TensorId id : *ids)
                    if (id != no_tensor && !graph_.tensor(id).constant())
                        plan_.tensors[size_t(id)].integer = true;
        }
    }

    TensorId root(TensorId id) const {
        while (group_[size_t(id)] != id)
            id = group_[size_t(id)];
        return id;
    }

    /// Joins `output` to `input`'s group, unless both are fixed and differ.
    void join(TensorId input, TensorId output) {
        const TensorId a = root(input), b = root(output);
        auto &fixed_a = fixed_[size_t(a)], &fixed_b = fixed_[size_t(b)];
        if (a == b || (fixed_a && fixed_b && !(*fixed_a == *fixed_b)))
            return;
        if (!fixed_a)
            fixed_a = fixed_b;
        group_[size_t(b)] = a;
    }

    void form_groups() {
        for (const Operator &op : graph_.operators) {
            if (!integer(op))
                continue;
            const TensorId output = op.outputs[0];
            const Grid grid = grid_of(scheme_of(output).activations);
            if (const auto fixed = fixed_affine(op.kind, grid))
                fixed_[size_t(output)] = *fixed;
            if (!shares_grid(op.kind))
                continue;
            const auto is_fixed = [&](TensorId id) { return fixed_[size_t(root(id))].has_value(); };
            const bool all_fixed = std::all_of(op.inputs.begin(), op.inputs.end(), is_fixed);
            for (TensorId input : op.inputs)
                // One probability among others is requantized, instead of ruling them all.
                if (!graph_.tensor(input).constant() && (all_fixed || !is_fixed(input)))
                    join(input, output);
        }
    }

    const LayerScheme &scheme_of(TensorId id) const {
        const int producer = connections_.producer(id);
        return producer >= 0 ? plan_.layers[size_t(producer)] : options_.scheme;
    }

    /// The range that the user gives one tensor, by its name or by a rule for what computes it.
    std::optional<Range> given_range(TensorId id) const {
        if (const auto given = options_.ranges.find(graph_.tensor(id).name);
            given != options_.ranges.end())
            return given->second;
        return connections_.producer(id) >= 0 ? scheme_of(id).range : std::nullopt;
    }

    /// A range given for one tensor of a group is that of all: they have one grid.
    void take_given_ranges() {
        std::map<TensorId, TensorId> givers; // by root
        for (size_t i = 0; i < graph_.tensors.size(); ++i) {
            const TensorId id = TensorId(i);
            const std::optional<Range> range = given_range(id);
            if (!range || !plan_.tensors[i].integer)
                continue;
            const TensorId group = root(id);
            const std::string &name = graph_.tensor(id).name;
            if (const auto &fixed = fixed_[size_t(group)]) {
                const Range all = representable(*fixed, grid_of(scheme_of(group).activations));
                throw UsageError("{}: the range [{}, {}] is given for tensor '{}', whose grid is "
                                 "fixed to [{}, {}] by its operator; take the range away",
                                 where(graph_), range->lo, range->hi, name, all.lo, all.hi);
            }
            const auto [giver, first] = givers.emplace(group, id);
            auto &taken = ranges_[size_t(group)];
            if (!first && !(*taken == *range))
                throw UsageError("{}: tensors '{}' and '{}' have one grid, but the ranges [{}, {}] "
                                 "and [{}, {}] are given; give one of them",
                                 where(graph_), graph_.tensor(giver->second).name, name, taken->lo,
                                 taken->hi, range->lo, range->hi);
            taken = range;
            given_[size_t(group)] = true;
        }
    }

    /// The range of one tensor by itself, from what was seen.
    Range chosen_range(TensorId id) const {
        const LayerScheme &scheme = scheme_of(id);
        const Grid grid = grid_of(scheme.activations);
        return choose_range(statistics_.of(id), scheme.calibration.method, grid,
                            scheme.calibration.percentile);
    }

    /// A range by name must mean something.
    void require_known_names() const {
        for (const auto &[name, range] : options_.ranges) {
            const auto found =
                std::ranges::find_if(graph_.tensors, [&wanted = name](const Tensor &tensor) {
                    return tensor.name == wanted && !tensor.constant();
                });
            if (found == graph_.tensors.end())
                throw UsageError("{}: a range is given for '{}', which is no tensor of the "
                                 "prepared network; `octet inspect` lists them",
                                 where(graph_), name);
            if (!plan_.tensors[size_t(found - graph_.tensors.begin())].integer)
                throw UsageError("{}: a range is given for '{}', which stays float; take the range "
                                 "away",
                                 where(graph_), name);
        }
    }

    void give_ranges() {
        require_known_names();
        take_given_ranges();
        for (size_t i = 0; i < graph_.tensors.size(); ++i) {
            const TensorId id = TensorId(i);
            const size_t group = size_t(root(id));
            if (!plan_.tensors[i].integer || fixed_[group] || given_[group])
                continue;
            // What only moves values has no range of its own: its group's sources have.
            const int producer = connections_.producer(id);
            const bool moved = producer >= 0 && integer(graph_.operators[size_t(producer)]) &&
                               shares_grid(graph_.operators[size_t(producer)].kind) &&
                               root(id) != id;
            if (moved)
                continue;
            const Range range = chosen_range(id);
            auto &all = ranges_[group];
            all = all ? Range{std::min(all->lo, range.lo), std::max(all->hi, range.hi)} : range;
        }
    }

    void choose_grids() {
        for (size_t i = 0; i < graph_.tensors.size(); ++i) {
            ActivationPlan &plan = plan_.tensors[i];
            if (!plan.integer)
                continue;
            const TensorId id = TensorId(i);
            plan.group = root(id);
            plan.grid = grid_of(scheme_of(plan.group).activations);
            if (const auto &fixed = fixed_[size_t(plan.group)]) {
                plan.affine = *fixed;
                plan.range = representable(plan.affine, plan.grid);
                continue;
            }
            plan.adjustable = !given_[size_t(plan.group)];
            give(plan, ranges_[size_t(plan.group)].value());
            if (plan.group == id && plan.range == Range{0, 0})
                plan_.notes.push_back(fmt::format(
                    "tensor '{}' is 0 on all calibration data; it gets the scale of [-1, 1]",
                    graph_.tensor(id).name));
        }
    }

    const Graph &graph_;
    const Statistics &statistics_;
    const Options &options_;
    const Connections connections_;
    std::vector<TensorId> group_;              ///< union-find; a root is its own parent
    std::vector<std::optional<Affine>> fixed_; ///< of roots
    std::vector<std::optional<Range>> ranges_; ///< of roots
    std::vector<bool> given_;                  ///< of roots: by the user
    Plan plan_;
};

} // namespace

bool shares_grid(OpKind kind) {
    switch (kind) {
    case OpKind::average_pool2d:
    case OpKind::concatenation:
    case OpKind::max_pool2d:
    case OpKind::pad:
    case OpKind::reshape:
    case OpKind::resize_bilinear:
    case OpKind::resize_nearest:
    case OpKind::slice:
    case OpKind::squeeze:
    case OpKind::transpose:
        return true;
    default:
        return false;
    }
}

Plan make_plan(const Graph &graph, const Statistics &statistics, const Options &options) {
    return Planner(graph, statistics, options).plan();
}

void set_range(Plan &plan, TensorId group, const Range &range) {
    for (ActivationPlan &tensor : plan.tensors)
        if (tensor.integer && tensor.group == group)
            give(tensor, range);
}

ActivationPlan operand_plan(const Plan &plan, TensorId input, TensorId output) {
    ActivationPlan result = plan.of(input);
    const Grid &grid = plan.of(output).grid;
    if (dtype_of(result.grid) != dtype_of(grid)) {
        result.grid = grid;
        give(result, result.range);
    }
    return result;
}

DType dtype_of(const Grid &grid) {
    return grid.bits > 8 ? DType::s16 : grid.is_unsigned ? DType::u8 : DType::s8;
}

void fake_quantize(std::span<float> values, const ActivationPlan &plan) {
    const float scale = plan.affine.scale, inverse = 1.0f / scale;
    const float lowest = float(plan.grid.lowest() - plan.affine.zero_point);
    const float highest = float(plan.grid.highest() - plan.affine.zero_point);
    // Adding and taking away 1.5 * 2^23 rounds to the nearest integer, ties to even.
    constexpr float magic = 12582912.0f;
    for (float &value : values) {
        const float steps = std::min(std::max(value * inverse, lowest), highest);
        value = (steps + magic - magic) * scale;
    }
}

double saturated_share(std::span<const float> values, const ActivationPlan &plan) {
    const Range range = representable(plan.affine, plan.grid);
    const float half = plan.affine.scale / 2;
    int64_t outside = 0;
    for (float value : values)
        outside += value < range.lo - half || value > range.hi + half;
    return values.empty() ? 0 : double(outside) / double(values.size());
}

} // namespace octet::quantize
