// Weights that a file stores as int8 and dequantizes in front of a float operator.
//
// Files say "weights only" by an operator DEQUANTIZE of a constant. Graph says it by an operator
// that reads the int8 constant itself, so that the weights stay as small as they are.
#pragma once

#include "compiler/graph/graph.h"

#include <map>

namespace octet {

class StoredWeights {
public:
    explicit StoredWeights(Graph &graph) : graph_(graph) {}

    /// `real` holds what the int8 constant `stored` means.
    void add(TensorId real, TensorId stored) { stored_[real] = stored; }

    /// Makes a convolution or fully connected operator of float activations whose weights were
    /// added read the stored ones, where their scales are such that it can.
    void put_into(Operator &op) const;

private:
    Graph &graph_;
    std::map<TensorId, TensorId> stored_;
};

} // namespace octet
