// Quantization parameters that make a random graph of one operator a harder case.
#pragma once

#include "compiler/graph/graph.h"
#include "tests/support/random_graph.h"

namespace octet::test {

/// One of: nothing, powers of two, zero points at the ends, and these with a far output scale.
void disturb(Graph &graph, RandomGraph &g);

/// Scales that are powers of two, so that exact ties are common.
void use_powers_of_two(Graph &graph);

/// A scale, of all tensors, for which the real bound 6 falls between two stored values, as nearly
/// as a float can say.
void put_six_between_values(Graph &graph, RandomGraph &g);

/// An input scale anywhere between one at which functions are linear and one at which they are
/// steps.
void spread_input_scale(Graph &graph, RandomGraph &g);

/// HARD_SWISH: any scales that its 16-bit arithmetic takes.
void spread_hard_swish_scales(Graph &graph, RandomGraph &g);

/// LOGISTIC: an input scale at which one value lies half a step off by less than single precision
/// can tell, so that single precision and fixed point part.
void put_logistic_between_values(Graph &graph, RandomGraph &g);

/// An output scale other than the input's; one of two with a quotient that single and double
/// precision see differently.
void rescale_output(Graph &graph, RandomGraph &g);

/// ADD, SUB: the first operand's scale up to 2^16 times smaller than the second's, and an output
/// scale that still shows it.
void spread_operand_scales(Graph &graph, RandomGraph &g);

/// MUL, PRELU: a product of scales over the output's that single and double precision see
/// differently, where many products of elements lie between two stored values.
void put_products_between_values(Graph &graph, RandomGraph &g);

/// QUANTIZE from float: moves the input's elements to multiples of half an output step.
void snap_to_half_steps(const Graph &graph, Bytes &input);

} // namespace octet::test
