// GradientExecutor: the backward passes of a float Graph's operators, many samples at a time.
//
// FloatExecutor computes a network's values; this computes, from the gradient of a loss by an
// operator's output, the gradients by its operands, data and constants alike. Whoever trains
// (learned rounding, quantization-aware training, fine-tuning) decides in between what the values
// are: values on a grid pass their gradients straight through, where the grid does not cut them
// off. A Tape (gradient_tape.h) keeps the values of a stretch of operators and goes back over them.
#pragma once

#include "compiler/float/float_executor.h"

namespace octet {

/// Whether operators of the kind have a backward pass.
bool has_gradient(OpKind kind);

class GradientExecutor {
public:
    /// `graph` is checked and float throughout; it is kept by reference. `threads` 0: one per core.
    /// Throws Error naming all operators of [first, last) that it has no backward pass for.
    explicit GradientExecutor(const Graph &graph, int threads = 0);
    GradientExecutor(const Graph &graph, size_t first, size_t last, int threads = 0);
    ~GradientExecutor();
    GradientExecutor(GradientExecutor &&) noexcept;
    GradientExecutor &operator=(GradientExecutor &&) noexcept;

    /// Gradients by the operands of graph.operators[op], by operand; empty where `wanted` is false.
    /// `inputs` are its inputs that are not constant, in their order, and `output` what it computed
    /// from them, before anything put that on a grid. A constant's gradient is the sum over the
    /// samples.
    std::vector<Values> backward(size_t op, const std::vector<std::span<const float>> &inputs,
                                 std::span<const float> output, std::span<const float> d_output,
                                 int64_t samples, const std::vector<bool> &wanted) const;

    /// New elements for a constant of the graph, as FloatExecutor::set_constant.
    void set_constant(TensorId tensor, std::span<const float> values);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace octet
