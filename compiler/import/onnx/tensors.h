// Reading ONNX's TensorProto: the typed, raw and external forms of constants.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/onnx/builder.h"
#include "compiler/import/onnx/proto.h"

#include <filesystem>
#include <map>

namespace octet::onnx {

class TensorReader {
public:
    /// `source` is the model file, beside which external data lies.
    TensorReader(Builder &builder, std::string source)
        : builder_(builder), source_(std::move(source)) {}

    /// The constant; half, bfloat16 and double become float. Throws Error where its type is not
    /// supported or its size does not fit its shape.
    Tensor read(const proto::TensorProto &tensor, const std::string &fallback_name);

    /// How many were converted to float, by the name of their type.
    const std::map<std::string, int> &converted() const { return converted_; }

private:
    const Bytes &external_file(const std::string &object, const std::string &location);
    Bytes external_data(const std::string &object, const proto::TensorProto &tensor, size_t wanted);

    Builder &builder_;
    std::string source_;
    std::map<std::string, Bytes> files_;
    std::map<std::string, int> converted_;
};

/// "FLOAT16": ONNX's name of a data type, or its number.
std::string type_name(int data_type);

} // namespace octet::onnx
