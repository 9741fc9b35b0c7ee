// What TFLite stores beside an operator, from Octet's attributes: the options table, and the least
// version of the operator that has what it uses.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/tflite/tflite_generated.h"

#include <optional>

namespace octet::tflite {

/// SAME or VALID when `padding` is what TFLite computes for these extents, else nothing.
std::optional<schema::Padding> padding_scheme(const Graph &graph, const Operator &op);

/// True for a slice that TFLite can only write as a STRIDED_SLICE.
bool is_strided(const Operator &op);

/// The options of `op`; convolutions and pools get `padding`.
schema::BuiltinOptionsUnion options_of(const Graph &graph, const Operator &op,
                                       schema::Padding padding);

/// True where the bias is int32, which is the exception beside int16 activations.
bool has_int32_bias(const Graph &graph, const Operator &op);

/// The version of `op` by TensorFlow's own table (tensorflow/lite/tools/versioning/op_version.cc):
/// engines refuse versions that they do not know, so it is the lowest that will do.
int version_of(const Graph &graph, const Operator &op);

/// TFLite's name for an element type.
schema::TensorType tensor_type(DType dtype);

} // namespace octet::tflite
