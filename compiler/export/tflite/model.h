// The TensorFlow Lite exporter's two halves: a Graph as the format's plain structs, and those as
// bytes. Tests of bad input spoil the structs in between.
//
// The writer knows nothing of the importer. Shapes, permutations and axes that Graph keeps as
// attributes become constant inputs; padding becomes SAME or VALID where it is one of them, and an
// operator PAD (in front of a maximum PADV2) otherwise. Beside uint8 activations TFLite wants uint8
// weights: they are written with 128 added to the values and to the zero point. Weights in few bits
// are written as the int8 values that they mean, which every engine can run: the file does not
// shrink with them. Weights beside float activations get an operator DEQUANTIZE, unless the
// activations are quantized at run time. A convolution without a bias gets one of zeros, which
// LiteRT wants.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/tflite/tflite_generated.h"

namespace octet::tflite {

/// The model as plain structs. Throws Error naming an operator whose padding TFLite cannot express
/// (an average pool's).
schema::ModelT to_model(const Graph &graph);

/// The file's bytes.
Bytes pack(const schema::ModelT &model);

} // namespace octet::tflite
