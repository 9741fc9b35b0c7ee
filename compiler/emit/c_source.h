// Lane c: kernels as C++ source, for chips that have a compiler of their own and no Halide back
// end.
//
// Halide lowers a kernel for a plain 32-bit machine, select_instructions replaces what the chip has
// instructions for, and the result is printed as one function
//
//     extern "C" int SYMBOL(void **arguments)
//
// whose arguments are the signature's pointers in order. It includes the family's header of
// instructions (targets/<family>/instructions.h) and nothing else. Halide allocations in
// MemoryType::Heap lie one after the other in the argument `scratch`; smaller ones on the stack.
#pragma once

#include "compiler/lower/program.h"
#include "compiler/target/target.h"
#include "generators/kernel.h"

#include <string>
#include <vector>

namespace octet::emit {

struct CSource {
    std::string text;
    std::vector<std::string> instructions; ///< selected in this kernel, by name, without repeats
};

/// The C++ source of a scheduled kernel, which Halide lowers for `halide`. Throws Error when an
/// allocation neither fits on the stack nor was given to scratch, or when scratch is too small for
/// what the schedule put there.
CSource c_source(const generators::Signature &signature, const std::string &symbol,
                 const Target &target, const Halide::Target &halide);

} // namespace octet::emit
