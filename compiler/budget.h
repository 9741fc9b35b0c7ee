// What a compiled network takes of a chip's memory, against what the target allows.
#pragma once

#include "compiler/compile.h"
#include "compiler/support/parts.h"

namespace octet {

/// RAM that a program with the network needs: at the call at which the arenas are fullest each
/// tensor there, what else the arenas take, the caller's inputs and outputs, and for lane "c" the
/// stack (what the target's RAMs reserve, else that of the firmware project) and the open model.
std::vector<Part> ram_parts(const Compiled &compiled);

/// Flash that it needs: the constants of each layer, the list of calls and the rest of the model
/// file, the kernels and for lane "c" the runtime.
std::vector<Part> flash_parts(const Compiled &compiled);

/// Throws Error when the network needs more RAM or flash than the target's ram_bytes and
/// flash_bytes: how much more, and a table of what takes most.
void check_budgets(const Compiled &compiled);

} // namespace octet
