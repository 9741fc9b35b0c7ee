// The options table that TFLite stores beside an operator, from Octet's attributes.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/tflite/tflite_generated.h"

#include <optional>

namespace octet::test {

/// SAME or VALID when `padding` is what TFLite computes for these extents, else nothing.
std::optional<tflite::schema::Padding> padding_scheme(const Graph &graph, const Operator &op);

/// The options of `op`; convolutions and pools get `padding`.
tflite::schema::BuiltinOptionsUnion options_of(const Graph &graph, const Operator &op,
                                               tflite::schema::Padding padding);

/// TFLite's name for an element type; throws Error for one that it does not have.
tflite::schema::TensorType tensor_type(DType dtype);

} // namespace octet::test
