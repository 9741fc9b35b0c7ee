// The configuration file, and rules that give parts of a network another scheme.
#include "compiler/graph/check_operator.h"
#include "compiler/quantize/options.h"
#include "compiler/quantize/weighted.h"
#include "compiler/support/pending_file.h"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace octet::quantize {

namespace {

using Json = nlohmann::ordered_json;

/// `text` matches `pattern`, in which * stands for any characters and ? for one.
bool matches_pattern(std::string_view pattern, std::string_view text) {
    size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (star != std::string_view::npos) { // Let the last star take one more.
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

class Reader {
public:
    Reader(const std::filesystem::path &file, std::string place)
        : file_(file), place_(std::move(place)) {}

    [[noreturn]] void fail(const std::string &reason) const {
        throw UsageError("{}: {}{}", file_.string(), place_, reason);
    }
    void only(const Json &object, const std::set<std::string> &known) const {
        if (!object.is_object())
            fail("must be a JSON object");
        for (const auto &[key, value] : object.items())
            if (!known.contains(key))
                fail(fmt::format("key '{}' is not known; use {}", key, fmt::join(known, ", ")));
    }
    std::string text(const Json &object, const char *key) const {
        const Json &value = object.at(key);
        if (!value.is_string())
            fail(fmt::format("'{}' must be a string", key));
        return value.get<std::string>();
    }
    Range range(const Json &value, const std::string &what) const {
        if (!value.is_array() || value.size() != 2 || !value[0].is_number() ||
            !value[1].is_number())
            fail(fmt::format("{} must be [lowest, highest]", what));
        const Range range{value[0].get<float>(), value[1].get<float>()};
        if (!std::isfinite(range.lo) || !std::isfinite(range.hi) || !(range.lo < range.hi))
            fail(fmt::format("{} is [{}, {}]; the first number must be below the second", what,
                             range.lo, range.hi));
        return range;
    }

    /// One budget or a list of them.
    std::vector<Budget> budgets(const Json &value) const {
        std::vector<Budget> result;
        for (const Json &one : value.is_array() ? value : Json::array({value})) {
            if (!one.is_string())
                fail("'budget' must be a string or a list of strings, \"size=50%\"");
            result.push_back(budget(one.get<std::string>()));
        }
        return result;
    }

    /// What the whole network and a rule have in common, into anything with those members.
    template <typename Scheme>
    void scheme(const Json &object, Scheme &scheme) const {
        if (object.contains("weights"))
            scheme.weights = weight_scheme(text(object, "weights"));
        if (object.contains("activations"))
            scheme.activations = activation_scheme(text(object, "activations"));
        if (object.contains("calibration"))
            scheme.calibration = calibration(text(object, "calibration"));
        if (object.contains("compute"))
            scheme.compute = compute(text(object, "compute"));
    }

    Rule rule(const Json &object) const {
        only(object, {"name", "op", "weights", "activations", "calibration", "compute", "range"});
        Rule rule;
        if (object.contains("name"))
            rule.name = text(object, "name");
        if (object.contains("op"))
            rule.op = text(object, "op");
        scheme(object, rule);
        if (object.contains("range"))
            rule.range = range(object.at("range"), "'range'");
        return rule;
    }

private:
    const std::filesystem::path &file_;
    const std::string place_;
};

Ends ends_named(const Reader &reader, const std::string &text) {
    if (text == "int8")
        return Ends::integer;
    if (text == "float")
        return Ends::real;
    reader.fail(fmt::format("'ends' is '{}'; use int8 or float", text));
}

/// What an operator without weights or without such a kernel computes with.
void narrow_compute(const Graph &graph, const Operator &op, LayerScheme &scheme) {
    const bool reals = scheme.compute == Compute::weight_only || scheme.compute == Compute::dynamic;
    if (reals && !has_weights(graph, op))
        scheme.compute = Compute::float32;
    if (scheme.compute != Compute::dynamic)
        return;
    if (op.kind == OpKind::transpose_conv2d) // No engine has a kernel for it.
        scheme.compute = Compute::weight_only;
    else if (scheme.weights.mode == Mode::asymmetric)
        throw UsageError("operator {}: compute 'dynamic' beside weights '{}': they must be "
                         "symmetric; use per-channel or per-tensor,symmetric",
                         op.name, to_text(scheme.weights));
}

} // namespace

bool Rule::matches(const Operator &candidate) const {
    const bool named =
        literal ? name == candidate.name : name.empty() || matches_pattern(name, candidate.name);
    return named &&
           (op.empty() || op == name_of(candidate.kind) || op == tflite_name_of(candidate.kind));
}

std::string Rule::text() const {
    std::vector<std::string> parts;
    if (!name.empty())
        parts.push_back(fmt::format("name '{}'", name));
    if (!op.empty())
        parts.push_back(fmt::format("op '{}'", op));
    return parts.empty() ? "without a condition" : fmt::format("{}", fmt::join(parts, ", "));
}

void read_configuration(const std::filesystem::path &file, Options &options) {
    if (!std::filesystem::exists(file))
        throw UsageError("{}: there is no such file; check the path", file.string());
    Json json;
    try {
        json = Json::parse(read_text_file(file), nullptr, true, true);
    } catch (const Json::exception &error) {
        throw UsageError("{}: is not JSON ({}); mend it there", file.string(), error.what());
    }
    const Reader reader(file, "");
    reader.only(json, {"weights", "activations", "budget", "calibration", "compute", "correct",
                       "ends", "rounding", "ranges", "rules"});
    reader.scheme(json, options.scheme);
    if (json.contains("weights"))
        options.asked.weights = json["weights"];
    if (json.contains("activations"))
        options.asked.activations = json["activations"];
    if (json.contains("correct"))
        options.correct = corrections(reader.text(json, "correct"));
    if (json.contains("budget"))
        options.budgets = reader.budgets(json["budget"]);
    if (json.contains("ends"))
        options.ends = ends_named(reader, reader.text(json, "ends"));
    if (json.contains("rounding"))
        options.rounding = rounding_from_name(reader.text(json, "rounding"));
    if (json.contains("ranges")) {
        if (!json["ranges"].is_object())
            reader.fail("'ranges' must map tensors' names to [lowest, highest]");
        for (const auto &[tensor, value] : json["ranges"].items())
            options.ranges[tensor] = reader.range(value, fmt::format("the range of '{}'", tensor));
    }
    if (!json.contains("rules"))
        return;
    if (!json["rules"].is_array())
        reader.fail("'rules' must be a list");
    for (size_t i = 0; i < json["rules"].size(); ++i)
        options.rules.push_back(
            Reader(file, fmt::format("rule {}: ", i + 1)).rule(json["rules"][i]));
}

std::vector<LayerScheme> schemes(const Graph &graph, const Options &options) {
    std::vector<LayerScheme> result(graph.operators.size(), options.scheme);
    for (const Rule &rule : options.rules) {
        bool matched = false;
        for (size_t i = 0; i < result.size(); ++i) {
            if (!rule.matches(graph.operators[i]))
                continue;
            matched = true;
            LayerScheme &scheme = result[i];
            scheme.weights = rule.weights.value_or(scheme.weights);
            scheme.activations = rule.activations.value_or(scheme.activations);
            scheme.calibration = rule.calibration.value_or(scheme.calibration);
            scheme.compute = rule.compute.value_or(scheme.compute);
            if (rule.range)
                scheme.range = rule.range;
        }
        if (!matched && !rule.may_match_none)
            throw UsageError("{}: the rule {} matches no operator; `octet inspect` lists their "
                             "names and kinds",
                             where(graph), rule.text());
    }
    for (size_t i = 0; i < result.size(); ++i)
        narrow_compute(graph, graph.operators[i], result[i]);
    return result;
}

} // namespace octet::quantize
