// The reference interpreter: the norm that every kernel on every target is compared with, bit for
// bit.
//
// It executes a Graph with the plainest loops that can be written, one operator per file, in the
// operator's named rounding mode. It is never optimised: where it looks dumb, it is meant to.
// What a kernel needs beside the loops (multipliers, tables, clamps) is computed by the small
// functions in the headers of this folder, so that nobody derives the mathematics twice;
// docs/numerics.md states it.
#pragma once

#include "compiler/graph/graph.h"

#include <functional>

namespace octet::reference {

/// One operator's view of the graph's values: typed access to inputs, outputs and their tensors.
class Operands {
public:
    Operands(const Graph &graph, const Operator &op, std::vector<Bytes> &values)
        : graph_(graph), op_(op), values_(values) {}

    const Graph &graph() const { return graph_; }
    const Operator &op() const { return op_; }
    bool has_input(size_t i) const { return op_.input(i) != no_tensor; }
    const Tensor &input_tensor(size_t i) const { return graph_.tensor(op_.inputs.at(i)); }
    const Tensor &output_tensor(size_t i = 0) const { return graph_.tensor(op_.outputs.at(i)); }
    bool is_float() const { return output_tensor().dtype == DType::f32; }

    template <typename T>
    std::span<const T> input(size_t i) const {
        const Tensor &tensor = input_tensor(i);
        if (tensor.constant())
            return tensor.values<T>();
        const Bytes &bytes = values_.at(size_t(op_.inputs[i]));
        return {reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T)};
    }
    template <typename T>
    std::span<T> output(size_t i = 0) const {
        Bytes &bytes = values_.at(size_t(op_.outputs[i]));
        return {reinterpret_cast<T *>(bytes.data()), bytes.size() / sizeof(T)};
    }
    /// Input i, int8, uint8 or int16, read as int32 at element `index`.
    int32_t quantized_input(size_t i, int64_t index) const;
    /// Input i, quantized, less its zero point (per tensor or per channel): real / scale.
    template <typename T = int32_t>
    std::vector<T> centered_input(size_t i) const;
    /// Stores `value`, which must be in range, to a quantized output.
    void store_quantized(int64_t index, int32_t value) const;

private:
    const Graph &graph_;
    const Operator &op_;
    std::vector<Bytes> &values_;
};

// One function per operator: reference::conv2d and so on.
#define OCTET_OPERATOR(kind, tflite, code) void kind(const Operands &operands);
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) void kind(const Operands &operands);
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR

/// Executes one operator of a checked graph; `values` holds one entry per tensor, and the
/// operator's outputs are sized here.
void execute(const Graph &graph, const Operator &op, std::vector<Bytes> &values);

/// Executes a checked graph. `inputs` are the graph inputs' elements in order, row-major.
/// Returns the value of every tensor (constants empty), so that layers can be compared one by one.
/// Throws Error when the number or the sizes of the inputs do not fit.
std::vector<Bytes> run(const Graph &graph, const std::vector<Bytes> &inputs,
                       const std::function<void(size_t done, size_t total)> &progress = {});

} // namespace octet::reference
