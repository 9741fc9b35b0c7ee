#include "compiler/quantize/obey.h"

#include "compiler/graph/check_operator.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace octet::quantize {

namespace {

bool has(const std::vector<int> &list, int value) {
    return std::ranges::find(list, value) != list.end();
}

/// One scheme of the user's: what it is called, and the words that are spelled out in it.
class Wish {
public:
    Wish(const Target &target, std::string option, const std::string &text)
        : target_(target), option_(std::move(option)), text_(text), words_("," + text + ",") {}

    bool says(const std::string &word) const {
        return words_.find("," + word + ",") != std::string::npos;
    }
    /// Refuses when one of the words is spelled out, or `always`; else the caller adapts.
    void adapt(bool spelled_out, const std::string &cannot, const std::string &can) const {
        if (spelled_out)
            throw UsageError("target {}: {} '{}': it cannot run {}; use {}", target_.name, option_,
                             text_, cannot, can);
    }

private:
    const Target &target_;
    const std::string option_, text_, words_;
};

std::string list_of(const std::vector<int> &values) {
    return fmt::format("{}", fmt::join(values, " or "));
}

void obey_mode(Mode &mode, bool asymmetric, const QuantizationLimits &limits, const Wish &wish) {
    if (limits.power_of_two_scales && mode != Mode::power_of_two) {
        wish.adapt(wish.says("symmetric") || wish.says("asymmetric"),
                   "scales that are no powers of two", "pow2");
        mode = Mode::power_of_two;
    }
    if (mode == Mode::asymmetric && !asymmetric) {
        wish.adapt(wish.says("asymmetric"), "zero points other than 0 there", "symmetric or pow2");
        mode = Mode::symmetric;
    }
}

void obey_weights(WeightScheme &scheme, const QuantizationLimits &limits, const Wish &wish) {
    obey_mode(scheme.mode, limits.asymmetric_weights, limits, wish);
    if (scheme.per_channel && !limits.per_channel) {
        wish.adapt(wish.says("per-channel"), "a scale for each channel", "per-tensor");
        scheme.per_channel = false;
    }
    if (scheme.centroids) {
        wish.adapt(!limits.codebooks, "codebooks", list_of(limits.weight_bits) + " bits");
    } else if (!has(limits.weight_bits, scheme.bits)) {
        wish.adapt(wish.says(std::to_string(scheme.bits)),
                   fmt::format("weights of {} bits", scheme.bits),
                   list_of(limits.weight_bits) + " bits");
        scheme.bits = *std::ranges::max_element(limits.weight_bits);
    }
}

void obey_activations(ActivationScheme &scheme, const QuantizationLimits &limits,
                      const Wish &wish) {
    obey_mode(scheme.mode, limits.asymmetric_activations, limits, wish);
    // Unsigned integers around 0 need a zero point in their middle.
    wish.adapt(scheme.is_unsigned && !limits.asymmetric_activations,
               "unsigned activations, which have zero points other than 0", "signed");
    if (!has(limits.activation_bits, scheme.bits)) {
        wish.adapt(wish.says(std::to_string(scheme.bits)),
                   fmt::format("activations of {} bits", scheme.bits),
                   list_of(limits.activation_bits) + " bits");
        scheme.bits = *std::ranges::max_element(limits.activation_bits);
        if (scheme.bits == 16 && scheme.mode == Mode::asymmetric)
            scheme.mode = Mode::symmetric;
    }
}

/// Whether `word` is one of an operator's two names, "softmax" or "SOFTMAX".
bool is_called(const std::string &kind, const std::string &word) {
#define OCTET_OPERATOR(name, tflite, code)                                                         \
    if (kind == #name)                                                                             \
        return word == #name || word == #tflite;
#define OCTET_SHAPE_OPERATOR(name, tflite, code)
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    return false;
}

void obey_rule(const Rule &rule, const Target &target) {
    if (rule.weights && rule.compute != Compute::float32) {
        const std::string text = to_text(*rule.weights);
        WeightScheme scheme = *rule.weights;
        obey_weights(scheme, target.quantization,
                     {target, fmt::format("rule {}: weights", rule.text()), text});
    }
    if (rule.activations) {
        const std::string text = to_text(*rule.activations);
        ActivationScheme scheme = *rule.activations;
        obey_activations(scheme, target.quantization,
                         {target, fmt::format("rule {}: activations", rule.text()), text});
    }
    if (rule.compute && *rule.compute != Compute::float32 &&
        std::ranges::any_of(target.quantization.float_operators,
                            [&](const std::string &kind) { return is_called(kind, rule.op); }))
        throw UsageError("target {}: rule {}: compute '{}': it cannot run {} quantized; use float",
                         target.name, rule.text(), to_text(*rule.compute), rule.op);
}

/// Kernels compute on integers. Operators that stay float are refused where they are lowered,
/// which lets those pass that move or convert.
void obey_compute(std::optional<Compute> compute, const Target &target, const std::string &option) {
    if (compute == Compute::weight_only || compute == Compute::dynamic)
        throw UsageError(
            "target {}: {} '{}': its kernels read integers only; use integer, or leave "
            "the target away",
            target.name, option, to_text(*compute));
}

bool power_of_two(float scale) {
    int exponent = 0;
    return std::frexp(scale, &exponent) == 0.5f;
}

} // namespace

Options obey(Options options, const Target &target) {
    const QuantizationLimits &limits = target.quantization;
    obey_weights(options.scheme.weights, limits, {target, "weights", options.asked.weights});
    obey_activations(options.scheme.activations, limits,
                     {target, "activations", options.asked.activations});
    obey_compute(options.scheme.compute, target, "compute");
    for (const Rule &rule : options.rules) {
        obey_rule(rule, target);
        obey_compute(rule.compute, target, fmt::format("rule {}: compute", rule.text()));
    }
    for (const std::string &kind : limits.float_operators) {
        Rule rule;
        rule.op = kind;
        rule.compute = Compute::float32;
        rule.may_match_none = true;
        options.rules.push_back(rule);
    }
    return options;
}

void require_obedient(const Graph &graph, const Target &target) {
    const QuantizationLimits &limits = target.quantization;
    const auto refuse = [&](const Tensor &tensor, const std::string &reason) {
        throw Error("target {}: tensor '{}' has {}, which it cannot run; keep the operator at it "
                    "out by a rule with \"compute\": \"float\"",
                    target.name, tensor.name, reason);
    };
    for (const Tensor &tensor : graph.tensors) {
        // Biases have the products of their operands' scales, which are no choice of their own.
        if (!tensor.quantization.quantized() || tensor.dtype == DType::s32)
            continue;
        const bool weights = tensor.constant();
        if (limits.power_of_two_scales)
            for (float scale : tensor.quantization.scales)
                if (!power_of_two(scale))
                    refuse(tensor, fmt::format("the scale {}, no power of two", scale));
        if (weights ? limits.asymmetric_weights : limits.asymmetric_activations)
            continue;
        for (int32_t zero_point : tensor.quantization.zero_points)
            if (zero_point != 0)
                refuse(tensor, fmt::format("the zero point {}", zero_point));
    }
}

} // namespace octet::quantize
