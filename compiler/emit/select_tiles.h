// Instruction selection for chips whose few registers compilers do not manage: loops over a tile of
// dot products become one function, written by hand (targets/cortex_m/instructions_tiles.h).
//
//   dot_tile   acc[o * inner + i] += x[o][k] * w[i][k] for all k, the tile 3 by 2, 2 by 3, 4 by 1
//   or
//              1 by 4
#pragma once

#include <Halide.h>

#include <set>
#include <string>

namespace octet::emit {

/// The names above.
const std::set<std::string> &tile_instructions();

/// `body` with those of the names in `available` selected; adds what was to `selected`.
Halide::Internal::Stmt select_tiles(const Halide::Internal::Stmt &body,
                                    const std::set<std::string> &available,
                                    std::set<std::string> &selected);

} // namespace octet::emit
