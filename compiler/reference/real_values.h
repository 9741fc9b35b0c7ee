// A tensor's elements as real numbers, for whoever compares networks of different types.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::reference {

/// Real numbers as the tensor stores them: the nearest value of its grid, ties to even, cut to what
/// its type has; float32 tensors keep them as they are.
Bytes to_stored(const Tensor &tensor, std::span<const float> values);

/// What stored elements mean: scale (stored - zero_point), or the numbers themselves where the
/// tensor is not quantized. Grids per channel are for constants, which this does not take.
std::vector<float> to_real(const Tensor &tensor, const Bytes &stored);

} // namespace octet::reference
