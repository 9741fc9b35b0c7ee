// The model file: what of a Program the runtime needs, in the layout of runtime/octet_file.fbs.
//
// The writer has no list of rules of its own: it hands what it wrote to the runtime's verifier, so
// a Program that the runtime would refuse is refused when it is compiled.
#pragma once

#include "compiler/lower/program.h"

#include <cstdint>
#include <vector>

namespace octet::emit {

/// The image of the .octet file. `fingerprint` is that of target and kernels; the kernel library
/// carries the same. Throws Error when the program cannot be written or would not verify: an input
/// or output that is not dense, an argument outside its region, more than 2 GiB of weights.
Bytes write_model_file(const lower::Program &program, uint64_t fingerprint);

/// octet_parameter of octet.h.
struct Parameter {
    uint64_t bytes = 0;
    bool written = false;
    bool operator==(const Parameter &) const = default;
};

/// The parameters of each kernel, from the calls that use it, for octet_library::signatures: a
/// kernel touches no more than the smallest argument that a call gives it. Throws Error when two
/// calls of one kernel differ in the number of arguments.
std::vector<std::vector<Parameter>> kernel_signatures(const lower::Program &program);

} // namespace octet::emit
