// Copies between stored layouts, and byte-wise look-ups, which other operators' lowering uses.
#pragma once

#include "compiler/graph/graph.h"

#include <vector>

namespace octet::lower {

class Builder;

/// Appends a copy of all elements of stored tensor `from`, in row-major order, to `to`, which has
/// as many, perhaps in another shape, with another padding of channels or another bias.
void append_copy(Builder &builder, const Operator &op, int from, int to);

/// Appends a copy of `from` to `to` whose axis i is axis permutation[i] of `from`.
void append_transpose(Builder &builder, const Operator &op, const std::vector<int> &permutation,
                      int from, int to);

/// Appends output = table[input] over the stored bytes; `from` and `to` have the same shape.
void append_lookup(Builder &builder, const Operator &op, const std::vector<uint8_t> &table,
                   int from, int to);

} // namespace octet::lower
