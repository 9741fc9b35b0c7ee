#include "compiler/float/layer.h"

#include "compiler/reference/accumulate.h"

#include <algorithm>

namespace octet::floats {

void Layer::pack(size_t, std::span<const float>) {}

Range range_of(Activation activation) {
    const auto [lowest, highest] = reference::real_range(activation);
    return {lowest, highest};
}

void for_chunks(int64_t count, Workers &workers,
                const std::function<void(int64_t begin, int64_t end)> &body) {
    // 64 KB: large beside the cost of a task, small beside the caches.
    constexpr int64_t chunk = 1 << 14;
    workers.run((count + chunk - 1) / chunk,
                [&](int64_t task) { body(task * chunk, std::min(count, (task + 1) * chunk)); });
}

std::unique_ptr<Layer> make_layer(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::add:
    case OpKind::maximum:
    case OpKind::minimum:
    case OpKind::mul:
    case OpKind::prelu:
    case OpKind::sub:
        return make_binary(graph, op);
    case OpKind::hard_swish:
    case OpKind::leaky_relu:
    case OpKind::logistic:
    case OpKind::relu:
    case OpKind::relu6:
    case OpKind::relu_n1_to_1:
    case OpKind::tanh:
        return make_unary(graph, op);
    case OpKind::average_pool2d:
    case OpKind::max_pool2d:
        return make_pool2d(graph, op);
    case OpKind::reshape:
    case OpKind::squeeze:
        return make_reshape(graph, op);
    case OpKind::resize_bilinear:
    case OpKind::resize_nearest:
        return make_resize(graph, op);
    case OpKind::concatenation:
        return make_concatenation(graph, op);
    case OpKind::conv2d:
        return make_convolution(graph, op);
    case OpKind::depthwise_conv2d:
        return make_depthwise_conv2d(graph, op);
    case OpKind::fully_connected:
        return make_fully_connected(graph, op);
    case OpKind::mean:
        return make_mean(graph, op);
    case OpKind::pad:
        return make_pad(graph, op);
    case OpKind::slice:
        return make_slice(graph, op);
    case OpKind::softmax:
        return make_softmax(graph, op);
    case OpKind::transpose:
        return make_transpose(graph, op);
    case OpKind::transpose_conv2d:
        return make_transpose_conv2d(graph, op);
    default: // Conversions to integers, and shape arithmetic, which importers fold away.
        return nullptr;
    }
}

} // namespace octet::floats
