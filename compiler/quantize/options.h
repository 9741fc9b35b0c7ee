// What the user asks of a quantization: schemes, calibration, corrections, and rules for parts of
// the network.
//
// The words are those of the command line and of the configuration file, parsed in one place:
//
//     weights       {per-channel,per-tensor}[,{symmetric,asymmetric,pow2}][,BITS | codebook:N[/G]]
//     activations   {asymmetric,symmetric,pow2}[,{8,16}][,{signed,unsigned}]
//     calibration   minmax | average | percentile:P | mse | entropy | search
//     correct       none | all | a list of equalize, bias, analytic-bias, round, blocks
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/quantize/budget.h"
#include "compiler/quantize/range.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace octet::quantize {

/// Where the zero point lies and which scales are allowed.
enum class Mode : uint8_t { symmetric, asymmetric, power_of_two };

struct WeightScheme {
    bool per_channel = true;
    Mode mode = Mode::symmetric; ///< power_of_two is symmetric, too
    int bits = 8;                ///< 2, 3, 4 or 8
    int centroids = 0;           ///< of a codebook; 0: none
    /// Channels that share a codebook; 0: all of a tensor.
    int codebook_channels = 0;
    bool operator==(const WeightScheme &) const = default;
};

struct ActivationScheme {
    Mode mode = Mode::asymmetric;
    int bits = 8;
    bool is_unsigned = false;
    bool operator==(const ActivationScheme &) const = default;
};

struct Calibration {
    Method method = Method::percentile;
    bool search = true;        ///< try all methods and more, and keep what measures best
    double percentile = 99.99; ///< of Method::percentile
    bool operator==(const Calibration &) const = default;
};

/// How an operator computes.
enum class Compute : uint8_t {
    integer,     ///< quantized weights and activations
    float32,     ///< as it was
    weight_only, ///< quantized weights, float activations and arithmetic
    dynamic,     ///< quantized weights; activations become integers at run time
};

/// What one operator gets: its weights' scheme and its outputs'.
struct LayerScheme {
    WeightScheme weights;
    ActivationScheme activations;
    Calibration calibration;
    Compute compute = Compute::integer;
    std::optional<Range> range; ///< of the output, given by the user
};

/// Changes the scheme of the operators that it matches. Of several rules the later one wins.
struct Rule {
    std::string name; ///< pattern of the operator's name with * and ?; empty: any
    std::string op;   ///< kind of operator, "conv2d" or "CONV_2D"; empty: any
    std::optional<WeightScheme> weights;
    std::optional<ActivationScheme> activations;
    std::optional<Calibration> calibration;
    std::optional<Compute> compute;
    std::optional<Range> range;
    bool literal = false;        ///< `name` is one and no pattern
    bool may_match_none = false; ///< no error where it matches no operator

    bool matches(const Operator &op) const;
    /// "name 'conv*', op conv2d", for messages.
    std::string text() const;
};

struct Corrections {
    bool equalize = true, bias = true, round = true;
    bool blocks = false;   ///< rounding by blocks after that by layers
    bool analytic = false; ///< biases from channels' means, where they are not learned
};

/// The type of the network's inputs and outputs.
enum class Ends : uint8_t { integer, real };

/// The user's own words for the whole network's schemes; empty: none, the defaults hold.
struct Asked {
    std::string weights, activations;
};

struct Options {
    Asked asked;
    LayerScheme scheme; ///< of all operators that no rule changes
    Corrections correct;
    std::vector<Rule> rules;
    std::vector<Budget> budgets; ///< all of them hold; each layer's weights are chosen for them
    std::map<std::string, Range> ranges; ///< by the tensor's name, given by the user
    std::optional<Ends> ends;            ///< default: the output format's
    std::optional<Rounding> rounding;    ///< default: the output format's
};

WeightScheme weight_scheme(const std::string &text);
ActivationScheme activation_scheme(const std::string &text);
Calibration calibration(const std::string &text);
Corrections corrections(const std::string &text);
Compute compute(const std::string &text);

std::string to_text(const WeightScheme &scheme);
std::string to_text(const ActivationScheme &scheme);
std::string to_text(const Calibration &calibration);
std::string to_text(const Corrections &corrections);
std::string_view to_text(Compute compute);

/// Reads a configuration file over `options`: a JSON object with the keys weights, activations,
/// calibration, correct, compute, budget, ends, rounding, ranges and rules (docs/quantization.md).
/// Throws UsageError naming the file and the key.
void read_configuration(const std::filesystem::path &file, Options &options);

/// The scheme of every operator of the graph. Throws UsageError for a rule that matches no
/// operator.
std::vector<LayerScheme> schemes(const Graph &graph, const Options &options);

} // namespace octet::quantize
