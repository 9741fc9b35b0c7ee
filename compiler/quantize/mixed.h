// Mixed precision: each layer's weights get as many bits as a budget allows where they matter most.
//
// Layers differ in how much they cost and in how much noise their weights bring (sensitivity.h), so
// one scheme for all spends a budget badly. Every layer is quantized by every candidate, alone; the
// costs of candidates are read from the network that has them everywhere, which a caller measures
// (bytes, time, instructions); and a knapsack (knapsack.h) chooses. The choice comes back as rules
// by the operators' names, with which the network is then quantized like any other.
//
// What the user has decided stays: layers whose weights a rule gives a scheme are left alone, and
// the scheme of all others is the upper limit of their bits and says what they have in common
// (scales per channel or tensor, powers of two, channels that share a codebook).
#pragma once

#include "compiler/quantize/knapsack.h"
#include "compiler/quantize/options.h"
#include "compiler/quantize/samples.h"
#include "compiler/support/progress.h"
#include "compiler/target/target.h"

#include <functional>
#include <map>

namespace octet::quantize {

/// What a network's operators cost, by name. What belongs to no operator has the name "".
using LayerCosts = std::map<std::string, double>;

/// Costs of a quantized network in some unit.
struct CostModel {
    Budget::Unit unit = Budget::Unit::bytes;
    std::function<LayerCosts(const Graph &)> measure;
};

/// Bytes of a network's constants in a .octet file: elements in the bits of their storage,
/// codebooks, scales and zero points.
LayerCosts stored_bytes(const Graph &graph);

struct MixedChoice {
    std::string layer;
    WeightScheme scheme;
    double noise_db = 0; ///< of this layer's weights alone, below the outputs' signal
};

struct Mixed {
    std::vector<Rule> rules; ///< to put before the user's
    std::vector<MixedChoice> choices;
    std::vector<std::string> notes;
};

/// The schemes that a layer may get, the widest first: those of the target that need no more bits
/// than `most`, the scheme that holds without a budget. `bytes_only`: the output cannot keep fewer
/// than eight.
std::vector<WeightScheme> candidates(const WeightScheme &most, const QuantizationLimits &limits,
                                     bool bytes_only);

/// Chooses for `options.budgets` with `options.scheme` and `options.rules`; `graph` is float.
/// `latency` measures where a budget needs it. Throws Error when nothing fits, which says the least
/// that is possible, and UsageError for a budget in a unit that `latency` does not have.
Mixed choose_schemes(const Graph &graph, const Samples &samples, const Options &options,
                     const QuantizationLimits &limits, bool bytes_only, const CostModel &latency,
                     const Progress &progress = {});

} // namespace octet::quantize
