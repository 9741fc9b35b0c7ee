// Products that are rounded before something is added to them.
//
// Halide lets LLVM fuse every product with a following addition in PTX, strict ones too. Where an
// epilogue was proven for two roundings (generators/numerics.h, `fused` false), one rounding moves
// the threshold between two outputs. PTX's mul.rn is never fused: strict products become that.
#pragma once

#include <Halide.h>

namespace octet::emit {

/// `kernel` is what Halide hands to its PTX back end.
Halide::Internal::Stmt keep_strict_products(const Halide::Internal::Stmt &kernel);

} // namespace octet::emit
