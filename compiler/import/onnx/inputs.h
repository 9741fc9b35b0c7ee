// The network's ends: which inputs are images and are taken as NHWC, and in which order outputs
// leave.
#pragma once

#include "compiler/import/onnx/node.h"

namespace octet::onnx {

/// Makes a value of every input that is not an initializer. An input that an operator on images
/// reads as NCHW is taken channels last, with a note; a batch without a size becomes 1.
void read_inputs(const proto::GraphProto &graph, Network &network);

/// Makes the graph's outputs: images channels last, with a note, all others as ONNX has them.
void set_outputs(const proto::GraphProto &graph, Network &network);

} // namespace octet::onnx
