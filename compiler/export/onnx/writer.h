// Writer: the tensors of a Graph as values of an ONNX model.
//
// Two things set the formats apart, and both are settled here, once for all operators:
//
// Layout. Every tensor of four dimensions is an NCHW value in the file. The network's own inputs
// and outputs stay NHWC, with a Transpose behind or before them, so that the same arrays can be
// given to a network as .tflite and as .onnx.
//
// Numbers. All operators are float ones. A quantized tensor is a QuantizeLinear behind the operator
// that computes it and a DequantizeLinear before those that read it, the form that runtimes fuse
// into integer kernels; a quantized constant is one of integers and a DequantizeLinear.
#pragma once

#include "compiler/export/onnx/onnx_file.h"

namespace octet::onnx_export {

/// A constant's form in the file: its axes in the order `permutation` (empty: as they are), after
/// leading extents of 1 were added up to `rank` dimensions (0: as many as it has).
struct Form {
    std::vector<int> permutation;
    size_t rank = 0;
};

/// ONNX axis i of an image is Graph's axis nchw[i]; Graph's axis i is ONNX's axis nhwc[i].
inline const std::vector<int> nchw = {0, 3, 1, 2};
inline const std::vector<int> nhwc = {0, 2, 3, 1};

/// `shape` with its axes in that order.
Shape permuted(const Shape &shape, const std::vector<int> &permutation);

class Writer {
public:
    explicit Writer(const Graph &graph);

    /// The whole file.
    Bytes write() &&;

    const Graph &graph() const { return graph_; }
    OnnxFile &file() { return file_; }
    const Tensor &input(const Operator &op, size_t i = 0) const {
        return graph_.tensor(op.inputs.at(i));
    }
    const Tensor &output(const Operator &op) const { return graph_.tensor(op.outputs.at(0)); }

    /// The axis of a value in the file that is Graph's axis `axis` of a tensor of `rank`
    /// dimensions.
    static int64_t axis(int axis, size_t rank) { return rank == 4 ? nhwc[size_t(axis)] : axis; }

    /// The real value of a tensor, in the file's layout.
    std::string real(TensorId id);
    /// The same beside a tensor of `rank` dimensions, for broadcasting.
    std::string operand(TensorId id, size_t rank);
    /// A constant as a real value.
    std::string constant(TensorId id, const Form &form);
    /// A bias, whose integers count in units of the scales of input and weights.
    std::string bias(const Operator &op);

    /// `value` is what operator `op` computes, activation included: quantizes it if the tensor is.
    void define(const Operator &op, const std::string &value);
    /// `value` behind a fused activation.
    std::string activate(const std::string &value, Activation activation, const std::string &name);
    /// `value` through the quantization of `like`, which it has already: so that the operators on
    /// both sides of it are each between a DequantizeLinear and a QuantizeLinear of their own.
    std::string between(const std::string &value, const Tensor &like, const std::string &name);

    /// A real value of a tensor of `shape` from the file's layout to Graph's, and back.
    std::string to_nhwc(const std::string &value, const Tensor &tensor, const std::string &name);
    std::string to_nchw(const std::string &value, const Tensor &tensor, const std::string &name);
    std::string reshape(const std::string &value, const Shape &shape, const std::string &name);

private:
    struct Parameters {
        std::string scale, zero_point;
    };
    struct Stored {
        std::string value; ///< in the file's layout
        Parameters parameters;
    };
    Parameters parameters(const Tensor &tensor);
    /// ONNX has no DequantizeLinear of the int64 biases beside int16 activations.
    std::vector<float> real_bias(const Operator &op) const;
    void write_input(TensorId id, const std::string &name);
    void write_output(TensorId id, const std::string &name);

    const Graph &graph_;
    OnnxFile file_;
    std::map<TensorId, std::string> reals_; ///< of quantized tensors once they have been read
    std::map<TensorId, Stored> stored_;     ///< of quantized tensors
    std::map<TensorId, std::string> output_names_; ///< of the network's outputs
};

/// One function per kind of operator: appends the nodes and calls define.
#define OCTET_OPERATOR(kind, tflite, code) void write_##kind(Writer &writer, const Operator &op);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code)
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR

} // namespace octet::onnx_export
