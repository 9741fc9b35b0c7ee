// What a compiled network takes of a chip's memory, against what the target allows.
#pragma once

#include "compiler/compile.h"

namespace octet {

/// Throws Error when the network needs more RAM or flash than the target's ram_bytes and
/// flash_bytes, with what needs how much. RAM is the arena and the caller's inputs and outputs,
/// without the stack; flash is the model file and the kernels, without the program around them.
void check_budgets(const Compiled &compiled);

} // namespace octet
