// Products that are rounded before something is added to them.
//
// Halide lets LLVM fuse every product with a following addition in PTX, strict ones too. Where an
// epilogue was proven for two roundings (generators/numerics.h, `fused` false), one rounding moves
// the threshold between two outputs. PTX's mul.rn is never fused: strict products become that.
#pragma once

#include <Halide.h>

#include <string>

namespace octet::emit {

/// `kernel` is what Halide hands to its PTX back end.
Halide::Internal::Stmt keep_strict_products(const Halide::Internal::Stmt &kernel);

/// PTX whose sums and products of floats say how they round, so that its assembler fuses none of
/// those that LLVM left apart.
std::string with_roundings(std::string ptx);

} // namespace octet::emit
