// Loads that several statements of a loop's body share are made once.
//
// Halide prints each statement with its own loads and leaves it to the C compiler to find equal
// ones. Compilers do for plain loads, not for those that select_instructions made of them.
#pragma once

#include <Halide.h>

namespace octet::emit {

/// Binds every call of a function octet_load* that occurs more than once in the statements of an
/// innermost body to a variable before the first of them.
Halide::Internal::Stmt share_loads(const Halide::Internal::Stmt &body);

} // namespace octet::emit
