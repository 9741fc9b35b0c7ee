// The kernel library: the objects of a program, and the table through which the runtime finds them.
#pragma once

#include "compiler/compile.h"

namespace octet::emit {

/// The number that ties a model file to its kernel library: a hash of target and kernels.
uint64_t fingerprint(const lower::Program &program, const Target &target);

/// C source of the table octet_<name>_library; it includes nothing.
std::string table_source(const lower::Program &program, const Target &target, uint64_t fingerprint);

/// <name>.h: declares the table and says sizes and shapes of inputs, outputs and arena, and the
/// size of the model file.
std::string model_header(const lower::Program &program, const Target &target, uint64_t image_bytes);

/// The table's object and, where the target runs in this process, a shared library of everything;
/// both in the cache.
struct Library {
    std::filesystem::path table_object, shared_library;
};

/// Throws Error naming the toolchain's command that failed.
Library build_library(const lower::Program &program, const Target &target,
                      const std::vector<std::filesystem::path> &objects,
                      const std::filesystem::path &cache);

/// A shared library at `file` of all objects in a static one.
void link_archive(const Target &target, const std::filesystem::path &archive,
                  const std::filesystem::path &file);

/// A static library of `objects` at `file`.
void build_archive(const Target &target, const std::vector<std::filesystem::path> &objects,
                   const std::filesystem::path &file);

} // namespace octet::emit
