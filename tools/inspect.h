// What `octet inspect` prints for each kind of file.
#pragma once

#include "compiler/graph/graph.h"
#include "tools/program_file.h"

#include <string>

namespace octet::tools {

/// A network as imported: inputs, outputs, operators, tensors with their quantization.
std::string describe(const Graph &graph);

/// A compiled program: target, memory, inputs, outputs, calls.
std::string describe(const ProgramFile &file);

} // namespace octet::tools
