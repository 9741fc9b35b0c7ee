// ONNX networks: float ones, and those with QuantizeLinear and DequantizeLinear around operators,
// which become int8 networks.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::onnx {

/// Translates a model of any opset from 7 on; `source` names it in messages, and external data is
/// looked for beside it. The rounding of all operators is float32. Throws Error.
Graph import_onnx(const Bytes &file, const std::string &source);

} // namespace octet::onnx
