#include "compiler/quantize/weighted.h"

#include <cstring>

namespace octet::quantize {

bool has_weights(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::conv2d:
    case OpKind::depthwise_conv2d:
    case OpKind::fully_connected:
    case OpKind::transpose_conv2d:
        return graph.tensor(op.inputs.at(1)).constant();
    default:
        return false;
    }
}

int channel_axis(const Operator &op) {
    return op.kind == OpKind::depthwise_conv2d ? 3 : 0;
}

Activation *fused_activation(Operator &op) {
    return std::visit(
        [](auto &attributes) -> Activation * {
            if constexpr (requires { attributes.activation; })
                return &attributes.activation;
            else
                return nullptr;
        },
        op.attributes);
}

Activation activation_of(const Operator &op) {
    const Activation *found = fused_activation(const_cast<Operator &>(op));
    return found ? *found : Activation::none;
}

namespace {

/// Calls f(row index, element index) for every element of the weights.
template <typename F>
void for_elements(const Operator &op, const Shape &shape, F &&f) {
    const size_t count = size_t(element_count(shape));
    if (channel_axis(op) == 0) {
        for (size_t i = 0; i < count; ++i)
            f(i, i);
        return;
    }
    const size_t channels = size_t(shape.back()), depth = channels ? count / channels : 0;
    for (size_t k = 0; k < depth; ++k)
        for (size_t c = 0; c < channels; ++c)
            f(c * depth + k, k * channels + c);
}

} // namespace

template <typename T>
std::vector<T> to_rows(const Operator &op, const Shape &shape, const std::vector<T> &values) {
    std::vector<T> rows(values.size());
    for_elements(op, shape, [&](size_t row, size_t element) { rows[row] = values[element]; });
    return rows;
}

template <typename T>
std::vector<T> from_rows(const Operator &op, const Shape &shape, const std::vector<T> &rows) {
    std::vector<T> values(rows.size());
    for_elements(op, shape, [&](size_t row, size_t element) { values[element] = rows[row]; });
    return values;
}

template std::vector<float> to_rows(const Operator &, const Shape &, const std::vector<float> &);
template std::vector<float> from_rows(const Operator &, const Shape &, const std::vector<float> &);
template std::vector<int8_t> from_rows(const Operator &, const Shape &,
                                       const std::vector<int8_t> &);

Rows weight_rows(const Graph &graph, const Operator &op) {
    const Tensor &weights = graph.tensor(op.inputs[1]);
    Rows rows;
    rows.channels = weights.shape.at(size_t(channel_axis(op)));
    rows.depth = rows.channels ? int(weights.elements() / rows.channels) : 0;
    rows.values = to_rows(op, weights.shape, floats_of(weights));
    return rows;
}

void set_weight_rows(Graph &graph, const Operator &op, const Rows &rows) {
    Tensor &weights = graph.tensor(op.inputs[1]);
    set_floats(weights, from_rows(op, weights.shape, rows.values));
}

std::vector<float> bias_of(const Graph &graph, const Operator &op) {
    if (op.input(2) != no_tensor)
        return floats_of(graph.tensor(op.inputs[2]));
    return std::vector<float>(size_t(graph.tensor(op.outputs[0]).shape.back()), 0.0f);
}

void set_bias(Graph &graph, Operator &op, const std::vector<float> &bias) {
    if (op.input(2) != no_tensor) {
        set_floats(graph.tensor(op.inputs[2]), bias);
        return;
    }
    op.inputs.resize(3, no_tensor);
    op.inputs[2] = add_constant(graph, op.name + "/bias", DType::f32, {int(bias.size())}, bias);
}

TensorId add_constant(Graph &graph, std::string name, DType dtype, Shape shape, const void *data,
                      size_t bytes) {
    Tensor tensor;
    tensor.name = std::move(name);
    tensor.dtype = dtype;
    tensor.shape = std::move(shape);
    const auto *first = static_cast<const uint8_t *>(data);
    tensor.data = std::make_shared<const Bytes>(first, first + bytes);
    graph.tensors.push_back(std::move(tensor));
    return TensorId(graph.tensors.size()) - 1;
}

std::vector<float> floats_of(const Tensor &tensor) {
    const std::span<const float> values = tensor.values<float>();
    return {values.begin(), values.end()};
}

void set_floats(Tensor &tensor, const std::vector<float> &values) {
    Bytes bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    tensor.data = std::make_shared<const Bytes>(std::move(bytes));
}

} // namespace octet::quantize
