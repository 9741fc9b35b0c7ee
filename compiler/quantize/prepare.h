// Preparation: a float Graph with the same values, shaped so that quantization is cheap.
//
// Each rewrite is exact in real numbers. What is one operator in integer kernels becomes one here:
// batch norms and other scalings by channel vanish in weights, activations and padding move into
// the operators that can apply them. Channels that can only be constant are removed, because an
// integer kernel would compute them, and their odd ranges would cost all others resolution.
#pragma once

#include "compiler/graph/graph.h"

#include <functional>
#include <string>
#include <vector>

namespace octet::quantize {

/// All of the rewrites below, as often as they find something. `notes` gets one line for each kind
/// of change with the operators that it touched. Throws Error naming a constant that holds NaN or
/// infinity.
Graph prepare(const Graph &graph, std::vector<std::string> &notes);

/// Throws Error for a constant of floats with an element that is not finite.
void require_finite_constants(const Graph &graph);

/// Operators that share a constant get one each, so that it can be changed for one of them.
void own_constants(Graph &graph);

/// Every operator with weights has a bias, so that corrections find a place.
void give_biases(Graph &graph);

/// MUL, ADD and SUB of a constant per channel (what batch norms become) behind an operator with
/// weights vanish in its weights and bias. Returns the names of the operators removed.
std::vector<std::string> fold_scalings(Graph &graph);

/// x * relu6(x + 3) / 6 becomes HARD_SWISH.
std::vector<std::string> fuse_hard_swish(Graph &graph);

/// RELU, RELU6 and RELU_N1_TO_1 behind an operator that can apply them.
std::vector<std::string> fuse_activations(Graph &graph);

/// PAD of height and width in front of a convolution without an activation between.
std::vector<std::string> fuse_padding(Graph &graph);

/// Channels between an operator with weights and its only reader, another one, that are constant
/// for every input because their weights are zero, and channels that the reader does not use,
/// because its weights for them are zero. A constant that is not zero moves into the reader's bias
/// where no padding comes between. At least one channel is kept.
std::vector<std::string> remove_channels(Graph &graph);

} // namespace octet::quantize
