// Memory accesses as wide as a card's.
//
// Tensors begin at multiples of 64 bytes, and calls that write a part of the channels begin where
// their vectors do. Halide knows that of no argument and would read and write byte by byte. With
// the alignment, its words are as wide as its vectors, up to 8 bytes; vectors of 16 bytes become
// vectors of four words, the only ones that its PTX back end accesses in one instruction.
#pragma once

#include <Halide.h>

namespace octet::emit {

/// `kernel` is what Halide hands to its PTX back end.
Halide::Internal::Stmt widen_accesses(const Halide::Internal::Stmt &kernel);

} // namespace octet::emit
