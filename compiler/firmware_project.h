// The firmware project: what, beside the kernel library, its header and the model file, a firmware
// engineer needs to build a complete program with CMake and a cross compiler.
//
// A target family has one when targets/<family>/firmware/example exists: sources that are copied,
// and templates (*.in) in which placeholders between @ are replaced; the README.md beside them
// lists both. The runtime for bare metal comes along as source.
#pragma once

#include "compiler/lower/program.h"
#include "compiler/target/target.h"

#include <filesystem>
#include <string>
#include <vector>

namespace octet {

struct ProjectFile {
    std::filesystem::path path; ///< relative to the folder that octet compile writes
    std::string text;
};

/// RAM for the stack: enough for every kernel's frame and the program around them; `octet bench`
/// measures what a network needs.
inline constexpr uint64_t firmware_stack_bytes = 4096;

/// All files of the project, in the folder "firmware"; none for targets that have no firmware.
/// Throws Error when a source cannot be read or the target lacks a memory that the linker needs.
std::vector<ProjectFile> firmware_project(const lower::Program &program, const Target &target);

} // namespace octet
