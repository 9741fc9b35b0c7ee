// Operators with weights, seen alike: an output channel is a row of weights and a bias.
//
// Convolution, depthwise, transposed convolution and fully connected keep their output channels at
// different places of their weights. Quantization works on channels, so it looks at all four
// through this view:
//
//     y[c] = activation(sum over k of x[k, c] w[c][k] + b[c])
//
// For a depthwise convolution the inputs x[k, c] are the taps of one channel, else the taps of all
// input channels of c's group.
#pragma once

#include "compiler/graph/graph.h"

#include <optional>
#include <vector>

namespace octet::quantize {

/// The operator has constant weights as input 1.
bool has_weights(const Graph &graph, const Operator &op);

/// The axis of the weights that counts output channels: 3 for depthwise, else 0.
int channel_axis(const Operator &op);

/// The activation that the operator applies itself, to change it; nothing for kinds that cannot.
Activation *fused_activation(Operator &op);
/// The same to look at; none for kinds that cannot.
Activation activation_of(const Operator &op);

/// Weights as rows: `values[c * depth + k]`, k in the order (tap row, tap column, input channel).
struct Rows {
    int channels = 0, depth = 0;
    std::vector<float> values;

    float *row(int c) { return values.data() + size_t(c) * size_t(depth); }
    const float *row(int c) const { return values.data() + size_t(c) * size_t(depth); }
};

/// Any row-major array laid out as the operator's weights, to and from rows of channels.
template <typename T>
std::vector<T> to_rows(const Operator &op, const Shape &shape, const std::vector<T> &values);
template <typename T>
std::vector<T> from_rows(const Operator &op, const Shape &shape, const std::vector<T> &rows);

Rows weight_rows(const Graph &graph, const Operator &op);
void set_weight_rows(Graph &graph, const Operator &op, const Rows &rows);

/// The bias, zeros where there is none.
std::vector<float> bias_of(const Graph &graph, const Operator &op);
/// Sets it, adding a constant where there is none.
void set_bias(Graph &graph, Operator &op, const std::vector<float> &bias);

/// A new constant tensor.
TensorId add_constant(Graph &graph, std::string name, DType dtype, Shape shape, const void *data,
                      size_t bytes);
template <typename T>
TensorId add_constant(Graph &graph, std::string name, DType dtype, Shape shape,
                      const std::vector<T> &values) {
    return add_constant(graph, std::move(name), dtype, std::move(shape), values.data(),
                        values.size() * sizeof(T));
}

/// The elements of a constant of floats.
std::vector<float> floats_of(const Tensor &tensor);
/// Replaces them.
void set_floats(Tensor &tensor, const std::vector<float> &values);

} // namespace octet::quantize
