// Which registers may be read before they were written.
//
// A data-flow analysis over the kernel finds the reads that some way from the entry reaches without
// a write. Only those are checked when they are executed; for compiled code that is next to none.
// Registers of asynchronous products are followed in the same way (execute/products.h).
#pragma once

#include "program.h"

namespace octet::ptx {

/// Marks the instructions that read such registers or write them, and keeps their registers in
/// kernel.register_uses. `uses` are the registers of all instructions.
void find_uninitialized_registers(Kernel &kernel, const std::vector<RegisterUse> &uses);

} // namespace octet::ptx
