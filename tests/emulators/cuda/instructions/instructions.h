// The instructions: every group adds its opcodes to one table.
//
// A file per group holds both halves of an instruction: how it is decoded and how it is executed.
#pragma once

#include "../ptx/decoder.h"

namespace octet::ptx {

/// All opcodes.
const InstructionTable &instruction_table();

void add_arithmetic(InstructionTable &table);
void add_bits(InstructionTable &table);
void add_dot_products(InstructionTable &table);
void add_comparisons(InstructionTable &table);
void add_conversions(InstructionTable &table);
void add_moves(InstructionTable &table);
void add_float_functions(InstructionTable &table);
void add_control(InstructionTable &table);
void add_barriers(InstructionTable &table);
void add_memory(InstructionTable &table);
void add_atomics(InstructionTable &table);
void add_warp_exchange(InstructionTable &table);
void add_matrix_products(InstructionTable &table);
void add_matrix_loads(InstructionTable &table);
void add_async_copies(InstructionTable &table);
void add_mbarriers(InstructionTable &table);
void add_warpgroup_products(InstructionTable &table);

/// Arithmetic of floating-point types, for opcodes that exist for both kinds.
void decode_float(Decoder &d, Type type);

void run_exit(Warp &warp, const Instruction &i);
void run_nothing(Warp &warp, const Instruction &i);

} // namespace octet::ptx
