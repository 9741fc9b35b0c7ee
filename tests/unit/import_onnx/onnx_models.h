// Small ONNX models written in C++, for tests of defects and for mutation.
#pragma once

#include "compiler/graph/graph.h"

#include <onnx/onnx_pb.h>

namespace octet::test {

using OnnxModel = ::onnx::ModelProto;

/// Builds a model of one input 'x' and one output 'y' node by node.
class OnnxWriter {
public:
    explicit OnnxWriter(std::vector<int64_t> input_shape, int64_t opset = 17);

    /// Appends an operator that writes `output`.
    ::onnx::NodeProto &node(const std::string &type, const std::vector<std::string> &inputs,
                            const std::string &output);
    /// A float constant whose elements follow from a seed.
    ::onnx::TensorProto &floats(const std::string &name, const std::vector<int64_t> &shape);
    ::onnx::TensorProto &integers(const std::string &name, const std::vector<int64_t> &values);
    /// An int8 constant, its elements from the same seed.
    ::onnx::TensorProto &bytes(const std::string &name, const std::vector<int64_t> &shape);
    ::onnx::TensorProto &number(const std::string &name, float value);

    OnnxModel &model() { return model_; }

private:
    uint32_t next() { return seed_ = seed_ * 1664525u + 1013904223u; }

    OnnxModel model_;
    uint32_t seed_ = 1;
};

void set(::onnx::NodeProto &node, const std::string &attribute, int64_t value);
void set(::onnx::NodeProto &node, const std::string &attribute, const std::vector<int64_t> &values);

Bytes serialized(const OnnxModel &model);

/// Networks that together have most operators of the importer, from convolutions to shape
/// arithmetic and quantization.
std::vector<OnnxModel> sample_onnx_models();

} // namespace octet::test
