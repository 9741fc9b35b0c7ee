// Export: a checked Graph as a model file, for other engines or for Octet itself.
//
// One file per format, each the inverse of its importer: what is exported and imported again is the
// same network. Writers translate and decide nothing; what a format cannot express is an Error that
// names the operator and a format that can.
#pragma once

#include "compiler/graph/graph.h"

#include <filesystem>

namespace octet {

/// A TensorFlow Lite model. uint8 activations get uint8 weights, as LiteRT wants them; weights in
/// few bits are written as int8, which every engine runs.
Bytes to_tflite(const Graph &graph);

/// An ONNX model, opset 13 and IR version 8: float operators in NCHW, between QuantizeLinear and
/// DequantizeLinear where tensors are quantized, which ONNX Runtime fuses into its int8 kernels. On
/// x86-64 it takes the session option session.qdqisint8allowed = 1 for it to do so with all of
/// them. Inputs and outputs stay NHWC: the same arrays fit a .tflite of the same network.
Bytes to_onnx(const Graph &graph);

/// A .octet file that holds a network (not a compiled program): everything that Graph has, weights
/// as their storage says, in few bits and codebooks.
Bytes to_octet(const Graph &graph);

/// The format follows from the extension (.tflite, .onnx, .octet); the file appears whole or not at
/// all. Throws UsageError for another extension.
void export_model(const Graph &graph, const std::filesystem::path &file);

} // namespace octet
