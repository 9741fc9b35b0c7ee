// One small graph for every operator that TFLite and Octet share, and for its variants: the list
// that round-trip, fuzz and oracle tests walk.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::test {

/// int8, uint8 and float graphs; the names are unique C identifiers.
std::vector<Graph> sample_graphs(uint32_t seed = 1);

} // namespace octet::test
