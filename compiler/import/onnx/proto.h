// The classes that protobuf generated from ONNX's own schema.
#pragma once

#include <onnx/onnx_pb.h>

namespace octet::onnx {

namespace proto = ::onnx;

/// Text from a file, cut to a sane length and without control characters.
std::string printable(const std::string &text);

} // namespace octet::onnx
