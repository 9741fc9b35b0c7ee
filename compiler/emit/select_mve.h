// Instruction selection for MVE: tiles of convolutions, their epilogues, copies of vectors.
//
//   dot16_s8      acc[4 p + c] += sum of x[p] * w[c], sixteen 8-bit products at a time, for a tile
//   of
//                 one or two pixels p by four channels c, with the loop over the products
//   requantize4   four outputs of an epilogue `doubling` or `doubling_sign`
//   depthwise     the parts of the formulation `interleaved`: rows interleaved, dot products of 4 x
//   4
//                 bytes for four pixels, epilogues of four pixels
//   copy, fill    vectors of bytes
//
// The functions are in targets/cortex_m/instructions_mve.h.
#pragma once

#include <Halide.h>

#include <set>
#include <string>

namespace octet::emit {

/// The names above.
const std::set<std::string> &mve_instructions();

/// `body` with those of the names in `available` selected; adds what was to `selected`.
Halide::Internal::Stmt select_mve(const Halide::Internal::Stmt &body,
                                  const std::set<std::string> &available,
                                  std::set<std::string> &selected);

} // namespace octet::emit
