// Instruction selection of lane c: shapes of Halide's IR become calls of the functions in
// targets/<family>/instructions.h.
//
// Each instruction has a name, a shape that it matches and a function `octet_<name>` with the same
// meaning. A target's description lists the names that its chip has.
//
//   dot4_s16_s8   acc + sum of 4 products, s16 by s8, the s8 operand packed 0, 2, 1, 3
//   dot4_s8_s8    acc + sum of 4 products, s8 by s8
//   widen4_s8     4 adjacent s8 stored as s16
//   splat4_s16    one value stored as 4 adjacent s16
#pragma once

#include "compiler/target/target.h"

#include <Halide.h>

#include <set>
#include <string>

namespace octet::emit {

struct Selection {
    Halide::Internal::Stmt body;
    std::set<std::string> instructions; ///< those that were selected
};

Selection select_instructions(const Halide::Internal::Stmt &body, const Target &target);

/// Whether an instruction is one that adds products up: what the inner loop of a convolution should
/// consist of.
bool adds_products(const std::string &instruction);

/// Names that a target's description may list.
const std::set<std::string> &known_instructions();

} // namespace octet::emit
