// Instruction selection for scalar arithmetic on Cortex-M: what compilers do not find by themselves
// in an epilogue.
//
//   smlal   64-bit products; compilers find them, lowering prefers the epilogues that have them
//   smmla   the high word of a 64-bit product, added to a word
//   mulh    the same on chips without 64-bit products, of four products of half-words
//   ssat    an int32, shifted right, saturated to 8 bits
#pragma once

#include <Halide.h>

#include <set>
#include <string>

namespace octet::emit {

/// The names above.
const std::set<std::string> &scalar_instructions();

/// `body` with those of the names in `available` selected; adds what was to `selected`.
Halide::Internal::Stmt select_scalar(const Halide::Internal::Stmt &body,
                                     const std::set<std::string> &available,
                                     std::set<std::string> &selected);

} // namespace octet::emit
