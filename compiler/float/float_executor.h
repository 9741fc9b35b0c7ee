// FloatExecutor: a float Graph on this machine's vector units, many samples at a time.
//
// Quantizers and trainers run the network thousands of times and look at every tensor. The kernels
// are Halide pipelines with run-time shapes, compiled in this process for this machine once per
// kind of operator and shared by all executors; so a new executor, for other weights of the same
// network, costs only the packing of its weights. Values agree with the reference interpreter up to
// the order of float additions.
#pragma once

#include "compiler/graph/graph.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace octet {

/// A tensor's elements for several samples, the samples outermost.
using Values = std::vector<float>;

class FloatExecutor {
public:
    /// `graph` is checked and float throughout, but that weights may be int8; it is kept by
    /// reference. `threads` 0: one per core.
    /// Throws Error naming all operators that it has no kernel for.
    explicit FloatExecutor(const Graph &graph, int threads = 0);
    ~FloatExecutor();
    FloatExecutor(FloatExecutor &&) noexcept;
    FloatExecutor &operator=(FloatExecutor &&) noexcept;

    /// Looks at a tensor as soon as it is computed (the network's inputs first), and may change it:
    /// operators behind read what it leaves. Called in execution order, from one thread.
    using Visitor = std::function<void(TensorId tensor, std::span<float> values)>;

    /// Runs `samples` runs of the network at once: inputs[i] holds samples times the elements of
    /// graph.inputs[i]. Returns the outputs. Without a visitor, each thread takes a few samples at
    /// a time through the whole network, so that many samples need little memory. With one, memory
    /// grows with `samples` times the largest tensors alive at once; callers give a few dozen at a
    /// time. Several threads may call this at once.
    std::vector<Values> run(const std::vector<std::span<const float>> &inputs, int64_t samples,
                            const Visitor &visit = {}) const;

    /// Runs graph.operators[op] alone on `samples` samples of its inputs that are not constant, in
    /// their order.
    Values execute(size_t op, const std::vector<std::span<const float>> &inputs,
                   int64_t samples) const;

    /// Packs new elements for a constant of the graph (weights, a bias); the graph stays as it was.
    /// Not while another thread runs.
    void set_constant(TensorId tensor, std::span<const float> values);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace octet
