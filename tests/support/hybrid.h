// Networks of float activations and int8 weights, for tests.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::test {

/// `graph`, which is float, with the weights of its convolutions and fully connected operators
/// rounded to int8: one scale per output channel or one for all. `dynamic_input` is that of all
/// these operators; transposed convolutions have none.
Graph with_integer_weights(Graph graph, bool per_channel, DynamicInput dynamic_input);

} // namespace octet::test
