// OnnxFile: an ONNX model while it is written.
//
// It keeps names unique, which ONNX asks of values, and hides the protocol buffers behind calls
// that append one node or one constant each and return the name of the value.
#pragma once

#include "compiler/graph/graph.h"

#include <onnx/onnx_pb.h>

#include <map>
#include <set>
#include <variant>

namespace octet::onnx_export {

/// A node's attributes by name.
using NodeAttribute = std::variant<int64_t, float, std::string, std::vector<int64_t>>;
using NodeAttributes = std::map<std::string, NodeAttribute>;

class OnnxFile {
public:
    /// `wide` files may quantize to int16, which takes a newer version of the format.
    OnnxFile(const std::string &name, bool wide);

    int opset() const { return opset_; }

    /// `name`, or with a number behind it where it has been given before.
    std::string unique(const std::string &name);

    /// Appends a node with one output; `output` is its value's name and its own. An input "" is an
    /// optional one that is absent. Returns `output`.
    std::string add(const std::string &kind, const std::vector<std::string> &inputs,
                    const std::string &output, const NodeAttributes &attributes = {});
    /// The same with a name made unique from `name`.
    std::string add_unique(const std::string &kind, const std::vector<std::string> &inputs,
                           const std::string &name, const NodeAttributes &attributes = {});

    /// Constants, by a name made unique from `name`.
    std::string constant(const std::string &name, DType dtype, const Shape &shape,
                         const Bytes &data);
    std::string integers(const std::string &name, const std::vector<int64_t> &values);
    /// A vector, or a scalar where there is one value only.
    std::string reals(const std::string &name, const std::vector<float> &values);

    void add_input(const std::string &name, DType dtype, const Shape &shape);
    void add_output(const std::string &name, DType dtype, const Shape &shape);

    Bytes bytes() const;

private:
    const int opset_;
    ::onnx::ModelProto model_;
    std::set<std::string> names_;
    std::map<std::string, int> name_counts_; ///< repetitions so far
};

} // namespace octet::onnx_export
