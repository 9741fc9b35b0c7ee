// manifest.json: what a compiled model consists of, for scripts and build systems.
#pragma once

#include "compiler/compile.h"

#include <string>
#include <vector>

namespace octet {

/// The names of the files that compiling `name` writes, relative to their folder.
std::vector<std::string> artifact_names(const std::string &name);

/// The manifest as JSON text. Keys: name, target, rounding, files, inputs and outputs (name, dtype,
/// shape, scale, zero_point; scale 0 when not quantized), arena_bytes, arena_lower_bound, arenas,
/// weight_bytes, code_bytes, layers (name, op, shape, macs, kernel).
std::string manifest(const Compiled &compiled);

} // namespace octet
