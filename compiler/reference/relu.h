// RELU, RELU6 and RELU_N1_TO_1 as operators of their own: a requantization whose range is cut.
#pragma once

#include "compiler/reference/quantize.h"

namespace octet::reference {

/// The clamp that an operator of one of the three kinds applies.
Activation activation_of(OpKind kind);

/// requantize_parameters() with the output's range cut to the activation. The multiplier s / s' is
/// a quotient in single precision in `reference`, as LiteRT's, and in double in `micro`.
RequantizeParameters relu_parameters(const Graph &graph, const Operator &op);

} // namespace octet::reference
