// Writes a Graph as a TensorFlow Lite model, for tests: small models need no files in the tree, and
// the same bytes go through our importer and through live oracles (LiteRT, TFLite Micro).
//
// The writer knows nothing of the importer. Shapes, permutations and axes that Graph keeps as
// attributes become constant inputs; padding becomes SAME or VALID where it is one of them, and an
// operator PAD in front of a convolution otherwise. Beside uint8 activations TFLite wants uint8
// weights: they are written with 128 added to the values and to the zero point.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/tflite/tflite_generated.h"

#include <filesystem>

namespace octet::test {

/// The model as plain structs, to be spoilt by tests of bad input before `pack`.
/// Throws Error for padding that TFLite cannot express (in a pooling operator).
tflite::schema::ModelT to_model(const Graph &graph);

/// The file's bytes.
Bytes pack(const tflite::schema::ModelT &model);

/// pack(to_model(graph)).
Bytes to_tflite(const Graph &graph);

/// Writes `bytes` to `path`; the test fails with an Error when it cannot.
void write_file(const std::filesystem::path &path, const Bytes &bytes);

} // namespace octet::test
