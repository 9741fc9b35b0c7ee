// Unary operators from 8 bits to 8 bits as what they are: tables of 256 entries.
#pragma once

#include "compiler/reference/interpreter.h"

#include <array>

namespace octet::reference {

/// True when `op` maps each stored 8-bit input to a stored 8-bit output on its own: activations,
/// and QUANTIZE between 8-bit types.
bool has_lookup_table(const Graph &graph, const Operator &op);

/// Entry i is the output's byte for the input's byte i (an int8 value x has the byte uint8_t(x)).
/// Throws Error when `op` has no such table.
std::array<uint8_t, 256> lookup_table(const Graph &graph, const Operator &op);

/// Stores lookup_table() of every element of input 0.
void apply_lookup_table(const Operands &operands);

} // namespace octet::reference
