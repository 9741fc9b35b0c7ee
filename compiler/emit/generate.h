// One kernel from its description to object code.
#pragma once

#include "compiler/lower/program.h"
#include "compiler/target/target.h"

#include <filesystem>
#include <string>

namespace octet::emit {

/// Generates, schedules and compiles `kernel` for `target` with Halide and writes the object file.
/// Throws std::exception with Halide's message. May take seconds; not to be called concurrently
/// within one process.
void generate_object(const lower::Kernel &kernel, const Target &target,
                     const std::filesystem::path &object);

/// What lies beside an object, each where its lane leaves it: the C++ source and the names of the
/// instructions that were selected in it, one a line (c); the PTX and what each function needs of a
/// card (cuda; cuda/assemble.h).
std::filesystem::path source_of(const std::filesystem::path &object);
std::filesystem::path instructions_of(const std::filesystem::path &object);
std::filesystem::path ptx_of(const std::filesystem::path &object);
std::filesystem::path resources_of(const std::filesystem::path &object);

/// What the object code depends on beside the kernel's description: the generators' version,
/// Halide's and the target's string.
std::string generation_key(const Target &target);

} // namespace octet::emit
