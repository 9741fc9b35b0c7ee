// Folding: operators whose result is known now become constants.
//
// Converters leave shape arithmetic in networks with a free batch (SHAPE, STRIDED_SLICE, PACK in
// front of a RESHAPE) and conversions of constants (DEQUANTIZE of stored weights). An importer
// folds each operator as it reads it, so that the operators behind it find constants.
#pragma once

#include "compiler/graph/graph.h"

namespace octet {

class Folder {
public:
    /// The graph's tensors, inputs and outputs are complete; its tensors have passed check_tensor.
    explicit Folder(Graph &graph);

    /// Computes `op` with the reference interpreter and makes its output a constant, when all its
    /// inputs are constants (SHAPE: always), it computes nothing costly, and its output is not the
    /// network's. Returns whether it did; then `op` is not needed any more.
    /// Throws Error when such an operator is inconsistent.
    bool fold(const Operator &op);

    size_t folded() const { return folded_; } ///< operators so far

private:
    bool foldable(const Operator &op) const;

    Graph &graph_;
    std::vector<bool> is_output_;
    std::vector<Bytes> values_; ///< of the interpreter
    size_t folded_ = 0;
    int64_t folded_bytes_ = 0;
};

/// Removes operators and tensors that no output needs. The order of what remains is kept; the
/// network's inputs stay. Returns the number of operators removed.
size_t remove_unused(Graph &graph);

} // namespace octet
