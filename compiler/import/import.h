// Import: from a model file to a checked Graph.
//
// One folder per format translates into Graph and nothing more; what is common to all of them
// follows here: integers about shapes are folded to constants, operators that nothing needs are
// removed, and the graph is checked. Whatever the file, the outcome is a Graph that reference and
// lowering can trust, or one Error.
#pragma once

#include "compiler/graph/graph.h"

#include <filesystem>

namespace octet {

/// Reads a model; the format is found by content, then by extension. Graph::name is a C identifier
/// made from the file's stem, Graph::source the path as given; Graph::notes say what was found in
/// the file and what import changed.
/// Throws UsageError for a file that cannot be opened or is not a network (an .octet, an .onnx),
/// and Error for a network that is broken or that Octet does not support.
Graph import_model(const std::filesystem::path &file);

/// A C identifier from any text: other characters become '_', a leading digit gets a prefix.
std::string identifier(const std::string &text);

/// What kinds of numbers a network computes with, in words: "int8 activations, int8 per-channel
/// weights, float32 inputs and outputs". Files named float may hold something else.
std::string describe_numbers(const Graph &graph);

} // namespace octet
