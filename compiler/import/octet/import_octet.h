// The importer of Octet's own format: a network's .octet file (network.fbs) as a checked Graph.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::network {

/// The network as it was written, name and notes included; `source` is its name in messages and
/// Graph::source. Throws Error for bytes that are not a sound network.
Graph import_octet(const Bytes &file, const std::string &source);

} // namespace octet::network
