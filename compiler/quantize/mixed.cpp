#include "compiler/quantize/mixed.h"

#include "compiler/graph/check_operator.h"
#include "compiler/quantize/prepare.h"
#include "compiler/quantize/quantize.h"
#include "compiler/quantize/sensitivity.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

namespace octet::quantize {

namespace {

using Resource = Budget::Resource;

/// Bits of a stored weight.
int stored_bits(const WeightScheme &scheme) {
    return scheme.centroids ? std::bit_width(unsigned(scheme.centroids - 1)) : scheme.bits;
}

double sum_of(const LayerCosts &costs) {
    double sum = 0;
    for (const auto &[name, cost] : costs)
        sum += cost;
    return sum;
}

/// Its share of a network's costs; decoding its weights is a part of a layer.
double cost_of(const LayerCosts &costs, const std::string &name) {
    const auto found = costs.find(name);
    return found == costs.end() ? 0 : found->second;
}

class Chooser {
public:
    Chooser(const Graph &graph, const Samples &samples, const Options &options,
            const QuantizationLimits &limits, bool bytes_only, const CostModel &latency,
            const Progress &progress)
        : options_(options), bytes_only_(bytes_only), progress_(progress),
          graph_(prepare(graph, prepare_notes_)),
          samples_(samples.some(samples_in_sensitivity(graph_))),
          sensitivity_(graph_, samples_, options.correct), layers_(schemes(graph_, options)),
          schemes_(candidates(options.scheme.weights, limits, bytes_only)) {
        models_[size_t(Resource::size)] = {Budget::Unit::bytes, stored_bytes};
        models_[size_t(Resource::latency)] = latency;
        // Percentages are of eight bits, or of the most that the target can run.
        reference_ = candidates(with_bits(options.scheme.weights), limits, bytes_only).front();
        if (!(schemes_.front() == reference_))
            schemes_.insert(schemes_.begin(), reference_);
        else
            reference_is_candidate_ = true;
        find_free_layers();
    }

    Mixed run() {
        if (free_.empty())
            throw UsageError("{}: a budget is given, but no layer's weights are left to choose; "
                             "leave the budget away, or the rules",
                             where(graph_));
        quantize_layers();
        measure_costs();
        set_limits();
        Mixed result;
        if (reference_is_candidate_ && fits(reference_costs())) {
            result.notes.push_back(fmt::format("{}: all layers keep {}, which {}", words(),
                                               to_text(reference_), costs_text(reference_costs())));
            return result;
        }
        const auto chosen = choose_options(knapsack_layers(), room_);
        if (!chosen)
            refuse();
        describe(*chosen, result);
        return result;
    }

private:
    /// The same with eight bits and no codebook.
    static WeightScheme with_bits(WeightScheme scheme) {
        scheme.bits = 8;
        scheme.centroids = scheme.codebook_channels = 0;
        return scheme;
    }

    void find_free_layers() {
        for (size_t i = 0; i < graph_.operators.size(); ++i) {
            const Operator &op = graph_.operators[i];
            if (!has_weights(graph_, op) || layers_[i].compute == Compute::float32)
                continue;
            const bool ruled = std::ranges::any_of(
                options_.rules, [&](const Rule &rule) { return rule.weights && rule.matches(op); });
            if (ruled)
                fixed_.push_back(i);
            else
                free_.push_back(i);
        }
    }

    /// Every free layer by every candidate, and the noise of each.
    void quantize_layers() {
        weights_.resize(free_.size());
        noise_.resize(free_.size());
        const size_t total = free_.size() * schemes_.size();
        for (size_t l = 0; l < free_.size(); ++l)
            for (size_t s = 0; s < schemes_.size(); ++s) {
                weights_[l].push_back(sensitivity_.weights(free_[l], fitting(free_[l], s)));
                noise_[l].push_back(sensitivity_.noise(free_[l], weights_[l].back()));
                if (progress_)
                    progress_(l * schemes_.size() + s + 1, total,
                              "sensitivity of " + graph_.operators[free_[l]].name);
            }
    }

    /// A candidate as this layer can have it: as many channels share a codebook as divide its own.
    WeightScheme fitting(size_t op, size_t candidate) const {
        WeightScheme scheme = schemes_[candidate];
        const int channels = weight_rows(graph_, graph_.operators[op]).channels;
        if (scheme.codebook_channels && channels % scheme.codebook_channels != 0)
            scheme.codebook_channels = 0;
        return scheme;
    }

    /// Costs of the network with each candidate everywhere.
    void measure_costs() {
        const Statistics statistics = observe(graph_, FloatExecutor(graph_), samples_);
        const Plan plan = make_plan(graph_, statistics, options_);
        std::vector<std::optional<LayerWeights>> layers(graph_.operators.size());
        for (size_t i : fixed_)
            layers[i] = sensitivity_.weights(i, layers_[i].weights);
        for (size_t s = 0; s < schemes_.size(); ++s) {
            for (size_t l = 0; l < free_.size(); ++l)
                layers[free_[l]] = weights_[l][s];
            const Graph network =
                assemble(graph_, plan, layers, options_.ends.value_or(Ends::integer),
                         options_.rounding.value_or(Rounding::reference));
            for (size_t k = 0; k < models_.size(); ++k)
                if (needs(Resource(k)))
                    costs_[k].push_back(models_[k].measure(network));
            if (progress_)
                progress_(s + 1, schemes_.size(), "costs of " + to_text(schemes_[s]));
        }
    }

    bool needs(Resource resource) const {
        return std::ranges::any_of(options_.budgets,
                                   [&](const Budget &b) { return b.resource == resource; });
    }

    /// What the free layers may cost together, by the tightest budget of each resource.
    void set_limits() {
        limits_.fill(std::numeric_limits<double>::infinity());
        for (const Budget &budget : options_.budgets) {
            const size_t k = size_t(budget.resource);
            if (budget.unit != Budget::Unit::percent && budget.unit != models_[k].unit)
                throw UsageError(
                    "budget '{}': it is measured in {} here; write {} or a percentage", budget.text,
                    models_[k].unit == Budget::Unit::seconds ? "time" : "instructions",
                    models_[k].unit == Budget::Unit::seconds ? "latency=2ms" : "latency=2M");
            const double limit = budget.unit == Budget::Unit::percent
                                     ? budget.amount / 100 * reference_costs()[k]
                                     : budget.amount;
            limits_[k] = std::min(limits_[k], limit);
        }
        for (size_t k = 0; k < limits_.size(); ++k)
            room_[k] = limits_[k] - rest(k);
    }

    /// What is no choice, as it is in the network of reference.
    double rest(size_t k) const {
        if (costs_[k].empty())
            return 0;
        double rest = sum_of(costs_[k][0]);
        for (size_t op : free_)
            rest -= cost_of(costs_[k][0], graph_.operators[op].name);
        return rest;
    }

    Costs reference_costs() const {
        Costs result = {};
        for (size_t k = 0; k < result.size(); ++k)
            result[k] = costs_[k].empty() ? 0 : sum_of(costs_[k][0]);
        return result;
    }

    bool fits(const Costs &costs) const { return costs[0] <= limits_[0] && costs[1] <= limits_[1]; }

    size_t first_candidate() const { return reference_is_candidate_ ? 0 : 1; }

    std::vector<std::vector<LayerOption>> knapsack_layers() const {
        std::vector<std::vector<LayerOption>> result(free_.size());
        for (size_t l = 0; l < free_.size(); ++l)
            for (size_t s = first_candidate(); s < schemes_.size(); ++s) {
                LayerOption &option = result[l].emplace_back();
                option.noise = noise_[l][s];
                for (size_t k = 0; k < limits_.size(); ++k)
                    if (!costs_[k].empty())
                        option.costs[k] = cost_of(costs_[k][s], graph_.operators[free_[l]].name);
            }
        return result;
    }

    [[noreturn]] void refuse() const {
        Costs least = {};
        for (size_t k = 0; k < least.size(); ++k) {
            least[k] = rest(k);
            for (const auto &options : knapsack_layers())
                least[k] += std::ranges::min_element(options, {}, [&](const LayerOption &option) {
                                return option.costs[k];
                            })->costs[k];
        }
        const bool alone = fits(least);
        throw Error("{}: {}; allow more{}", words(),
                    alone ? "they cannot hold together, though each can alone"
                          : "the least possible " + costs_text(least),
                    bytes_only_ ? ", or write a .octet file, because other formats keep eight bits "
                                  "for every weight"
                                : "");
    }

    void describe(const std::vector<size_t> &chosen, Mixed &result) const {
        Costs costs = {rest(0), rest(1)};
        const auto layers = knapsack_layers();
        for (size_t l = 0; l < free_.size(); ++l) {
            const Operator &op = graph_.operators[free_[l]];
            const size_t candidate = first_candidate() + chosen[l];
            const WeightScheme scheme = fitting(free_[l], candidate);
            Rule rule;
            rule.name = op.name;
            rule.literal = true;
            rule.weights = scheme;
            result.rules.push_back(rule);
            const double noise = noise_[l][candidate];
            result.choices.push_back({op.name, scheme,
                                      noise > 0 ? 10 * std::log10(sensitivity_.signal() / noise)
                                                : std::numeric_limits<double>::infinity()});
            for (size_t k = 0; k < costs.size(); ++k)
                costs[k] += layers[l][chosen[l]].costs[k];
        }
        result.notes.push_back(fmt::format("{}: the weights chosen {}; {} everywhere {}", words(),
                                           costs_text(costs), to_text(reference_),
                                           costs_text(reference_costs())));
    }

    /// The budgets in the user's words.
    std::string words() const {
        std::vector<std::string> words;
        for (const Budget &budget : options_.budgets)
            words.push_back(budget.text);
        return fmt::format("budget {}", fmt::join(words, ", "));
    }

    std::string costs_text(const Costs &costs) const {
        std::vector<std::string> parts;
        const Costs whole = reference_costs();
        for (size_t k = 0; k < costs.size(); ++k)
            if (!costs_[k].empty())
                parts.push_back(fmt::format("{} {} ({:.1f} %)", k == 0 ? "take" : "run for",
                                            amount_text(models_[k].unit, costs[k]),
                                            100 * costs[k] / whole[k]));
        return fmt::format("{}", fmt::join(parts, " and "));
    }

    const Options &options_;
    const bool bytes_only_;
    const Progress &progress_;
    std::vector<std::string> prepare_notes_;
    const Graph graph_;
    const Samples samples_;
    Sensitivity sensitivity_;
    const std::vector<LayerScheme> layers_;
    std::vector<WeightScheme> schemes_; ///< the reference first, which may be no candidate
    WeightScheme reference_;
    bool reference_is_candidate_ = false;
    std::array<CostModel, 2> models_;                ///< by resource
    std::vector<size_t> free_, fixed_;               ///< operators
    std::vector<std::vector<LayerWeights>> weights_; ///< by free layer and scheme
    std::vector<std::vector<double>> noise_;
    std::array<std::vector<LayerCosts>, 2> costs_; ///< by resource and scheme
    Costs limits_ = {}, room_ = {};                ///< of the network, of its free layers
};

} // namespace

LayerCosts stored_bytes(const Graph &graph) {
    LayerCosts costs;
    std::set<TensorId> counted;
    for (const Operator &op : graph.operators)
        for (TensorId id : op.inputs) {
            if (id == no_tensor || !graph.tensor(id).constant() || !counted.insert(id).second)
                continue;
            const Tensor &tensor = graph.tensor(id);
            const size_t bits =
                tensor.storage.plain() ? 8 * size_of(tensor.dtype) : size_t(tensor.storage.bits);
            const size_t bytes = (size_t(tensor.elements()) * bits + 7) / 8;
            const size_t numbers =
                tensor.quantization.scales.size() + tensor.quantization.zero_points.size();
            costs[op.name] += double(bytes + tensor.storage.codebooks.size() + 4 * numbers);
        }
    return costs;
}

std::vector<WeightScheme> candidates(const WeightScheme &most, const QuantizationLimits &limits,
                                     bool bytes_only) {
    std::vector<WeightScheme> result;
    const int ceiling = stored_bits(most);
    for (int bits = ceiling; bits >= 2; --bits) {
        if (bytes_only && bits < 8)
            break;
        WeightScheme scheme = most;
        scheme.centroids = scheme.codebook_channels = 0;
        scheme.bits = bits;
        // Codebooks first: of equally many bits they are the less noisy ones, mostly. Of eight bits
        // they have no use, and int8 values less a zero point do not fit in them.
        if (limits.codebooks && bits < 8 && bits > 1 && most.mode != Mode::asymmetric) {
            scheme.centroids = 1 << bits;
            scheme.codebook_channels = most.codebook_channels;
            scheme.bits = 8;
            result.push_back(scheme);
            scheme.centroids = scheme.codebook_channels = 0;
            scheme.bits = bits;
        }
        if (std::ranges::find(limits.weight_bits, bits) != limits.weight_bits.end())
            result.push_back(scheme);
    }
    return result;
}

Mixed choose_schemes(const Graph &graph, const Samples &samples, const Options &options,
                     const QuantizationLimits &limits, bool bytes_only, const CostModel &latency,
                     const Progress &progress) {
    require_float(graph);
    return Chooser(graph, samples, options, limits, bytes_only, latency, progress).run();
}

} // namespace octet::quantize
