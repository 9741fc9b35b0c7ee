// Live oracles: what other engines compute for a graph (LiteRT, TensorFlow Lite Micro and ONNX
// Runtime from PyPI).
//
// Graphs become .tflite or .onnx files in a temporary folder, one Python process runs an engine on
// all of them, and the outputs are read back. The engines are native code that may crash on a model
// that they do not like, so each call runs one engine alone.
#pragma once

#include "compiler/graph/graph.h"

#include <optional>
#include <string>

namespace octet::test {

/// A graph and the elements of its inputs.
struct OracleCase {
    Graph graph;
    std::vector<Bytes> inputs;
};

/// An engine's outputs for one case, or why it refused the model.
struct OracleAnswer {
    std::vector<Bytes> outputs;
    std::string error; ///< Empty when there are outputs.
    /// Of "onnx_int8": the kinds of the operators that the engine made of the network.
    std::vector<std::string> operators;
};

/// Answers of `engine` ("reference", "micro", "default", "onnx" or "onnx_int8": see oracle.py) in
/// the order of the cases. Nothing, with a warning in the test's log, when Python or the engines
/// are not installed. A crash of the engine is a failure of the test.
std::optional<std::vector<OracleAnswer>> ask_oracle(const std::string &engine,
                                                    const std::vector<OracleCase> &cases);

} // namespace octet::test
