// Unary operators as functions of one stored value; from 8 bits to 8 bits they are tables of 256
// entries.
#pragma once

#include "compiler/reference/interpreter.h"

#include <array>

namespace octet::reference {

/// The input of which `op` maps each stored 8-bit element to a stored 8-bit output on its own: of
/// activations, of QUANTIZE between 8-bit types, and of arithmetic whose other operand is one
/// constant. -1 where there is none.
int lookup_operand(const Graph &graph, const Operator &op);

inline bool has_lookup_table(const Graph &graph, const Operator &op) {
    return lookup_operand(graph, op) >= 0;
}

/// Entry i is the output's byte for the operand's byte i (an int8 value x has the byte uint8_t(x)).
/// Throws Error when `op` has no such table.
std::array<uint8_t, 256> lookup_table(const Graph &graph, const Operator &op);

/// Stores the operator's function of every element of input 0, the only operand.
void apply_stored_function(const Operands &operands);

} // namespace octet::reference
