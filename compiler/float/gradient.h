// Gradient: the backward pass of one operator, on any number of samples.
//
// Where Layer computes y = f(x, w), this computes from dL/dy of some loss L what its operands do to
// the loss: dL/dx for every sample, and the sum over all samples for a constant. Operands that are
// data and operands that are constants are treated alike, so that trainers of weights and whoever
// asks what an activation matters use the same passes.
//
// A clamp that an operator ends in (its fused activation) lets gradients pass where its output lies
// strictly between the bounds.
#pragma once

#include "compiler/float/kernel.h"
#include "compiler/float/storage.h"
#include "compiler/float/workers.h"
#include "compiler/graph/graph.h"

#include <memory>
#include <span>
#include <vector>

namespace octet::floats {

/// What one run computed, and the gradient by its output.
struct GradientRun {
    std::vector<const float *> inputs; ///< by operand: `samples` slabs, of a constant only one
    const float *output = nullptr;
    const float *d_output = nullptr;
    int64_t samples = 0;
};

/// Where gradients by the operands go, in the sizes of GradientRun::inputs; null where nobody asks.
using Targets = std::span<float *const>;

/// What all passes of an executor share.
struct Shared {
    Workers &workers;
    Storage &storage;
};

class Gradient {
public:
    Gradient(const Graph &graph, const Operator &op) : graph_(graph), op_(op) {}
    virtual ~Gradient() = default;
    Gradient(const Gradient &) = delete;
    Gradient &operator=(const Gradient &) = delete;

    /// The pipelines that run() calls.
    virtual std::vector<Kernel *> kernels() const { return {}; }

    /// Operand `i` is a constant with these elements; the layer may keep them in another order.
    virtual void pack(size_t, std::span<const float>) {}

    /// Overwrites the targets.
    virtual void run(const GradientRun &run, Targets targets, Shared shared) const = 0;

protected:
    const Operator &op() const { return op_; }
    size_t operands() const { return op_.inputs.size(); }
    const Tensor &input(size_t i = 0) const { return graph_.tensor(op_.inputs[i]); }
    const Tensor &output() const { return graph_.tensor(op_.outputs[0]); }
    /// Elements that operand `i` has in a run.
    int64_t elements(size_t i, int64_t samples) const {
        return input(i).elements() * (input(i).constant() ? 1 : samples);
    }

private:
    const Graph &graph_;
    const Operator &op_;
};

/// The gradient by the values before the clamp of `activation`, for `elements` of them, and then
/// `slack` zeros that kernels may read.
Storage::Block unclamped(const GradientRun &run, Activation activation, int64_t elements, int slack,
                         Shared shared);

/// The backward pass of `op`, or nothing where this folder has none for its kind.
std::unique_ptr<Gradient> make_gradient(const Graph &graph, const Operator &op);

using MakeGradient = std::unique_ptr<Gradient>(const Graph &graph, const Operator &op);
MakeGradient make_binary_gradient, make_convolution_gradient, make_depthwise_gradient,
    make_fully_connected_gradient, make_mean_gradient, make_movement_gradient, make_pool_gradient,
    make_softmax_gradient, make_transpose_convolution_gradient, make_unary_gradient;

} // namespace octet::floats
