// Connections: who writes and who reads each tensor of a Graph; a snapshot for rewrites.
#pragma once

#include "compiler/graph/graph.h"

#include <algorithm>
#include <vector>

namespace octet {

class Connections {
public:
    explicit Connections(const Graph &graph)
        : producers_(graph.tensors.size(), -1), readers_(graph.tensors.size()),
          outputs_(graph.tensors.size(), false) {
        for (size_t i = 0; i < graph.operators.size(); ++i) {
            for (TensorId id : graph.operators[i].inputs)
                if (id != no_tensor)
                    readers_[size_t(id)].push_back(int(i));
            for (TensorId id : graph.operators[i].outputs)
                producers_[size_t(id)] = int(i);
        }
        for (TensorId id : graph.outputs)
            outputs_[size_t(id)] = true;
    }

    /// Index of the operator that writes the tensor; -1 for inputs and constants.
    int producer(TensorId id) const { return producers_.at(size_t(id)); }
    /// Indices of the operators that read it, in order, once per operand.
    const std::vector<int> &readers(TensorId id) const { return readers_.at(size_t(id)); }
    bool is_output(TensorId id) const { return outputs_.at(size_t(id)); }
    /// The one operator that reads it, or -1; a network's output has another reader.
    int only_reader(TensorId id) const {
        const std::vector<int> &all = readers(id);
        return all.size() == 1 && !is_output(id) ? all[0] : -1;
    }

private:
    std::vector<int> producers_;
    std::vector<std::vector<int>> readers_;
    std::vector<bool> outputs_;
};

} // namespace octet
