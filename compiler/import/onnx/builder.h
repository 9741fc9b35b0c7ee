// Builder: the Graph that an ONNX network becomes, while it grows.
//
// Translations of operators ask it for their inputs in the order of axes that they need and append
// operators; it makes the tensors, checks each as it is made, and keeps what memory constants may
// take in proportion to the file.
#pragma once

#include "compiler/import/onnx/values.h"

#include <map>
#include <set>

namespace octet::onnx {

class Builder {
public:
    /// `budget`: bytes that all constants together may take.
    Builder(Graph &graph, size_t budget) : graph_(graph), budget_(budget) {}

    Graph &graph() { return graph_; }
    const Tensor &tensor(TensorId id) const { return graph_.tensor(id); }

    TensorId add_tensor(Tensor tensor);
    /// A constant as an operand. At first all operators are float: of integers with a quantization
    /// the operand holds what they mean, and stored_constants() what they are.
    TensorId add_constant(Tensor constant);
    const std::map<TensorId, Tensor> &stored_constants() const { return stored_constants_; }
    /// Throws Error when `bytes` more for constants are out of proportion to the file.
    void spend(size_t bytes);

    /// Names of operators and tensors that follow: that of the ONNX value that is computed.
    void set_name(std::string name) { name_ = std::move(name); }
    const std::string &name() const { return name_; }
    /// Appends an operator with an output like input 0 in type and quantization, of `shape`.
    /// `suffix` tells apart the operators that one ONNX operator becomes.
    TensorId emit(OpKind kind, const std::string &suffix, std::vector<TensorId> inputs,
                  Attributes attributes, Shape shape);
    /// The same with an output of any type; its name is filled in.
    TensorId emit(OpKind kind, const std::string &suffix, std::vector<TensorId> inputs,
                  Attributes attributes, Tensor output);

    /// The value's tensor with its axes in `order`, -1 inserting one of extent 1. Emits a RESHAPE
    /// where only extents of 1 differ, and a TRANSPOSE where the order in memory is another.
    TensorId stored(const Value &value, const Axes &order);
    /// `value` as a value whose view has no base, channels last if that takes no more.
    Value materialized(const Value &value);
    /// An order that `value` can be had in without a TRANSPOSE, channels last if possible.
    Axes preferred_order(const Value &value) const;
    TensorId reshape(TensorId tensor, const Shape &shape);

    /// The operator that writes `tensor`, or none.
    Operator *producer(TensorId tensor);

private:
    Value materialized(const Value &value, const Axes &order);
    std::string unique_name(const std::string &name);

    Graph &graph_;
    size_t budget_;
    std::string name_;
    std::set<std::string> names_;
    std::map<std::string, int> name_counts_; ///< repetitions so far
    std::map<TensorId, Tensor> stored_constants_;
    std::map<TensorId, size_t> producers_;                       ///< index of the operator
    std::map<TensorId, TensorId> reshaped_from_;                 ///< what a RESHAPE read
    std::map<std::pair<TensorId, Axes>, TensorId> permutations_; ///< (tensor, permutation)
    std::map<std::pair<TensorId, Shape>, TensorId> reshapes_;
};

} // namespace octet::onnx
