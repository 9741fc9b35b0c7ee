// Layer: one operator, ready to run on any number of samples.
//
// Samples are outermost in memory, so a tensor of a run is `samples` slabs of the tensor's shape,
// one after another, and every operator is the same operator on slabs: images fold the samples into
// their batch, the others put one more axis in front.
#pragma once

#include "compiler/float/kernel.h"
#include "compiler/float/workers.h"
#include "compiler/graph/graph.h"

#include <memory>
#include <span>
#include <vector>

namespace octet::floats {

/// An input's elements in a run. A constant has one slab that serves all samples.
struct Operand {
    const float *data = nullptr;
    bool constant = false;
};

class Layer {
public:
    Layer(const Graph &graph, const Operator &op) : graph_(graph), op_(op) {}
    virtual ~Layer() = default;
    Layer(const Layer &) = delete;
    Layer &operator=(const Layer &) = delete;

    /// The pipelines that run() calls.
    virtual std::vector<Kernel *> kernels() const { return {}; }

    /// Inputs from this one on are constants that the layer keeps in a form of its own.
    virtual size_t packed_from() const { return size_t(-1); }
    /// Takes the elements of input `i`, i >= packed_from().
    virtual void pack(size_t i, std::span<const float> values);

    /// Whether run() takes constants among its other inputs as they are; else it gets them repeated
    /// for every sample.
    virtual bool reads_constants() const { return false; }

    /// Whether the output's elements are input 0's in the same order.
    virtual bool keeps_elements() const { return false; }

    /// Computes `samples` slabs of the output from the inputs before packed_from().
    virtual void run(std::span<const Operand> inputs, float *output, int64_t samples,
                     Workers &workers) const = 0;

protected:
    const Operator &op() const { return op_; }
    const Tensor &input(size_t i = 0) const { return graph_.tensor(op_.inputs[i]); }
    const Tensor &output() const { return graph_.tensor(op_.outputs[0]); }

private:
    const Graph &graph_;
    const Operator &op_;
};

/// Range of values that `activation` leaves, infinite where it does not clamp.
struct Range {
    float lowest, highest;
};
Range range_of(Activation activation);

/// The layer of `op`, or nothing where this folder has none for its kind.
std::unique_ptr<Layer> make_layer(const Graph &graph, const Operator &op);

/// `count` elements in chunks that are worth a task: body(begin, end).
void for_chunks(int64_t count, Workers &workers,
                const std::function<void(int64_t begin, int64_t end)> &body);

using MakeLayer = std::unique_ptr<Layer>(const Graph &graph, const Operator &op);
MakeLayer make_concatenation, make_convolution, make_depthwise_conv2d, make_fully_connected,
    make_binary, make_mean, make_pad, make_pool2d, make_reshape, make_resize, make_slice,
    make_softmax, make_transpose, make_transpose_conv2d, make_unary;

} // namespace octet::floats
