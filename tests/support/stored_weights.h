// Weights in few bits, for tests of model files.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::test {

/// Changes the values of a constant int8 tensor to ones that `bits` can store, and sets its
/// storage: without codebooks to the nearest integers of so many bits, else to entries of
/// `codebooks` books of random values along `axis`.
void store_in(Tensor &tensor, int bits, int codebooks, uint32_t seed = 1, int axis = 0);

} // namespace octet::test
