// One operator of an ONNX file while it is being translated: its attributes and its inputs, read so
// that nothing in them can fail badly, and one way to fail.
#pragma once

#include "compiler/import/onnx/builder.h"
#include "compiler/import/onnx/proto.h"
#include "compiler/import/onnx/tensors.h"
#include "compiler/support/error.h"

#include <unordered_map>

namespace octet::onnx {

/// What the translation of all operators shares.
struct Network {
    Graph &graph;
    Builder &builder;
    TensorReader &tensors;
    int64_t opset = 0;
    std::unordered_map<std::string, Value> values;
    /// Operators that read a value; the network's outputs count as one with a null pointer.
    std::unordered_map<std::string, std::vector<const proto::NodeProto *>> readers;
    std::unordered_map<std::string, const proto::NodeProto *> writers;
};

class Node {
public:
    Node(const proto::NodeProto &source, Network &network) : source_(source), network_(network) {}

    template <typename... Args>
    [[noreturn]] void fail(fmt::format_string<Args...> format, Args &&...args) const {
        fail_with(fmt::format(format, std::forward<Args>(args)...));
    }

    const std::string &type() const { return source_.op_type(); }
    const proto::NodeProto &source() const { return source_; }
    int64_t opset() const { return network_.opset; }
    Network &network() const { return network_; }
    Builder &builder() const { return network_.builder; }
    /// One line among the graph's notes, about this operator.
    void note(const std::string &text) const;

    bool has(const char *attribute) const { return find(attribute) != nullptr; }
    int64_t integer(const char *attribute, int64_t otherwise) const;
    float number(const char *attribute, float otherwise) const;
    std::string text(const char *attribute, const char *otherwise) const;
    std::vector<int64_t> integers(const char *attribute,
                                  const std::vector<int64_t> &otherwise = {}) const;
    std::vector<float> numbers(const char *attribute) const;
    /// The tensor attribute, as a constant.
    Tensor tensor(const char *attribute) const;

    size_t input_count() const { return size_t(source_.input_size()); }
    bool has_input(size_t i) const;
    /// Input i, which must be present and known.
    const Value &input(size_t i = 0) const;
    /// Input i as a constant of real numbers; `role` names it in messages.
    Tensor constant(size_t i, const char *role) const;
    /// Elements of input i, a constant of integers.
    std::vector<int64_t> constant_integers(size_t i, const char *role) const;
    /// Integers that are an attribute in old opsets and input i in newer ones; nothing if absent.
    std::optional<std::vector<int64_t>> parameter(const char *attribute, size_t i) const;

    /// `axis`, counted from the end when negative, of `rank` dimensions.
    int axis(int64_t axis, size_t rank) const;
    void need_inputs(size_t least, size_t most) const;
    void need_rank(const Value &value, size_t least, size_t most) const;
    /// `value` as an int from `least` to 2^20.
    int bounded(int64_t value, int least, const char *what) const;

    size_t output_count() const { return size_t(source_.output_size()); }
    bool has_output(size_t i) const;
    void set_output(Value value, size_t i = 0) const;
    /// Output 0 is `tensor`, whose axes lie in `order`.
    void set_output(TensorId tensor, Shape shape, Axes order) const;
    /// Output 0 is `tensor`, elementwise from `value` and seen as it is.
    void set_output_like(const Value &value, TensorId tensor) const;

private:
    const proto::AttributeProto *find(const char *attribute) const;
    [[noreturn]] void fail_with(const std::string &reason) const;

    const proto::NodeProto &source_;
    Network &network_;
};

#define OCTET_ONNX_OPERATOR(type, function) void function(Node &node);
#include "compiler/import/onnx/operators.def"
#undef OCTET_ONNX_OPERATOR

/// Whether there is a translation of operators of this type into the Graph.
bool translated(const std::string &type);
/// Whether evaluate() computes operators of this type where their inputs are constants.
bool is_evaluated(const std::string &type);

/// Computes an operator whose inputs are all constants, or that asks for nothing but a shape.
/// Returns false where it is none of those.
bool evaluate(Node &node);

} // namespace octet::onnx
