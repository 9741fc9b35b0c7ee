// The TensorFlow Lite importer: from a FlatBuffer to a checked Graph.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::tflite {

/// Imports the file's first subgraph; `source` is its name in messages and Graph::source. The batch
/// and other free extents are those that the file stores. Throws Error for bytes that are not a
/// sound model, and for networks that Octet does not support: unsupported operators are named all
/// at once, each with its count.
Graph import_tflite(const Bytes &file, const std::string &source);

} // namespace octet::tflite
