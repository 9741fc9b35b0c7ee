// Walking over two tensors at once, each with its own strides.
//
// Broadcasting, transposing, slicing, padding and joining differ only in the strides and in where
// they start.
#pragma once

#include "compiler/float/workers.h"
#include "compiler/graph/graph.h"

#include <cstdint>
#include <vector>

namespace octet::floats {

/// An axis that both tensors share; a stride of 0 reads the same element again and again.
struct Axis {
    int64_t extent = 1, a = 0, b = 0;
};

/// Strides of a dense tensor, in elements.
std::vector<int64_t> dense_strides(const Shape &shape);

/// The same walk over as few axes as possible: without those of extent 1, and with one for
/// neighbours that are one run of elements in both tensors. At least one axis remains.
std::vector<Axis> merge_axes(const std::vector<Axis> &axes);

/// Offsets in a and b of index `index` of axes [0, count), counted with the last one fastest.
struct Place {
    int64_t a = 0, b = 0;
};
Place place_of(const std::vector<Axis> &axes, size_t count, int64_t index);

/// to[a strides] = from[b strides] over `axes`; their order is free.
void copy_strided(float *to, const float *from, const std::vector<Axis> &axes, Workers &workers);

} // namespace octet::floats
