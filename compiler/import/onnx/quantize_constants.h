// Constants of operators that become operators on 8 bits.
#pragma once

#include "compiler/graph/graph.h"

#include <optional>

namespace octet::onnx {

/// The constant with uint8 and int8 exchanged where `dtype` asks for it: the zero points move by
/// 128.
Tensor with_type(const Tensor &constant, DType dtype);

/// A bias at the scales that convolutions have, input scale times weights' scale, from int32 with a
/// quantization or from real numbers: as int32, or int64 beside an int16 input. Nothing where it does
/// not fit. `rounded` says whether values changed.
std::optional<Tensor> quantized_bias(const Tensor &bias, const Tensor &input,
                                     const Quantization &weights, bool &rounded);

} // namespace octet::onnx
