// Compares graphs, for tests of import and export.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::test {

/// What differs first between two graphs (tensors, operators, inputs, outputs), or an empty text.
/// Names of graphs and tensors do not count, except that operators have the same names.
std::string difference(const Graph &a, const Graph &b);

} // namespace octet::test
