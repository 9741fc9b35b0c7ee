// What is done to the Graph when all operators are translated.
#pragma once

#include "compiler/graph/graph.h"

#include <map>

namespace octet::onnx {

/// An ADD of a constant vector behind a convolution or fully connected operator becomes its bias.
void fuse_bias(Graph &graph);

/// x relu6(x + 3) / 6, however it is written, becomes HARD_SWISH.
void fuse_hard_swish(Graph &graph);

/// DEQUANTIZE, operator, QUANTIZE becomes one operator on 8 bits, with the ReLU that stands before
/// the QUANTIZE. Operators that move elements are drawn to the side of the 8 bits. What no 8-bit
/// operator stands for stays float between its DEQUANTIZE and QUANTIZE, and a note says how many
/// do. `constants` are the integers behind float constants, by the latter's tensors.
void quantize_operators(Graph &graph, const std::map<TensorId, Tensor> &constants);

/// Operators of constants become constants where that is only moving or converting.
void fold_constants(Graph &graph);

} // namespace octet::onnx
