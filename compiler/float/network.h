// Network: the layers of a graph in their order, and what stays between runs.
#pragma once

#include "compiler/float/layer.h"
#include "compiler/float/storage.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace octet::floats {

/// A tensor during a run. What the caller gave has no block.
struct Value {
    const float *data = nullptr;
    Storage::Block block;
};

class Network {
public:
    /// Makes and packs the layers and compiles their kernels. Throws Error that names the operators
    /// without a layer.
    Network(const Graph &graph, int threads);

    const Graph &graph() const { return graph_; }
    Workers &workers() const { return workers_; }
    Storage &storage() const { return storage_; }

    bool constant(TensorId id) const { return id != no_tensor && graph_.tensor(id).constant(); }
    /// Gives them to the layers that pack them, and keeps them for those that read them as they
    /// are.
    void set_constant(TensorId id, std::span<const float> values);

    /// Runs operator `op` on inputs[k], null where input k is a constant.
    void compute(size_t op, const std::vector<const float *> &inputs, float *output,
                 int64_t samples, Workers &on) const;

    /// Runs all operators on the threads of `on`; `visit` sees the inputs and what each computes.
    /// Returns the outputs.
    using Visit = std::function<void(TensorId id, const Value &value)>;
    std::vector<Value> run(const std::vector<Value> &inputs, int64_t samples, Workers &on,
                           const Visit &visit) const;

    /// Samples that one thread runs through the whole network, so that what one operator writes is
    /// still in a cache when the next one reads it: some 2 MB of inputs and outputs. Of few samples
    /// each thread gets its share; below 2, weights would be read too often.
    int64_t group_of(int64_t samples) const;

private:
    Value output_of(size_t op, std::vector<Value> &values, int64_t samples, Workers &on) const;
    Value repeated(TensorId id, int64_t samples) const;

    const Graph &graph_;
    std::vector<std::unique_ptr<Layer>> layers_;
    mutable Workers workers_;
    mutable Storage storage_;
    std::vector<std::vector<float>> constants_; ///< Of those that layers do not pack.
    std::vector<int> last_reader_;              ///< The operator behind which a tensor may go.
};

} // namespace octet::floats
