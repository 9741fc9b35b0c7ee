// What can be said of a kernel without a card: what it must move and multiply at least, and how
// much of a multiprocessor its blocks fill.
#pragma once

#include "compiler/compile.h"

#include <string>

namespace octet::bench {

struct Design {
    int64_t macs = 0;
    int64_t bytes = 0; ///< read and written once: inputs, weights, outputs
    /// Of the last launch (the first ones pad inputs), on the last card that the target names.
    int blocks = 0, threads = 0, shared_bytes = 0, registers = 0;
    double occupancy = 0; ///< resident warps of those that a multiprocessor can hold
};

/// Of a model whose program is one layer; for a whole network only `macs` and `bytes` count.
Design design_of(const Compiled &compiled);

} // namespace octet::bench
