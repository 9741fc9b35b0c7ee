#include "compiler/float/gradient.h"

#include "compiler/float/layer.h"

#include <algorithm>

namespace octet::floats {

Storage::Block unclamped(const GradientRun &run, Activation activation, int64_t elements, int slack,
                         Shared shared) {
    Storage::Block result = shared.storage.take(elements + slack);
    float *out = result.get();
    const Range range = range_of(activation);
    for_chunks(elements, shared.workers, [&](int64_t begin, int64_t end) {
        if (activation == Activation::none) {
            std::copy(run.d_output + begin, run.d_output + end, out + begin);
            return;
        }
        for (int64_t i = begin; i < end; ++i) {
            const bool passes = run.output[i] > range.lowest && run.output[i] < range.highest;
            out[i] = passes ? run.d_output[i] : 0.0f;
        }
    });
    std::fill(out + elements, out + elements + slack, 0.0f);
    return result;
}

std::unique_ptr<Gradient> make_gradient(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::add:
    case OpKind::maximum:
    case OpKind::minimum:
    case OpKind::mul:
    case OpKind::prelu:
    case OpKind::sub:
        return make_binary_gradient(graph, op);
    case OpKind::hard_swish:
    case OpKind::leaky_relu:
    case OpKind::logistic:
    case OpKind::relu:
    case OpKind::relu6:
    case OpKind::relu_n1_to_1:
    case OpKind::tanh:
        return make_unary_gradient(graph, op);
    case OpKind::average_pool2d:
    case OpKind::max_pool2d:
        return make_pool_gradient(graph, op);
    case OpKind::concatenation:
    case OpKind::pad:
    case OpKind::reshape:
    case OpKind::resize_nearest:
    case OpKind::slice:
    case OpKind::squeeze:
    case OpKind::transpose:
        return make_movement_gradient(graph, op);
    case OpKind::conv2d:
        return make_convolution_gradient(graph, op);
    case OpKind::depthwise_conv2d:
        return make_depthwise_gradient(graph, op);
    case OpKind::fully_connected:
        return make_fully_connected_gradient(graph, op);
    case OpKind::mean:
        return make_mean_gradient(graph, op);
    case OpKind::softmax:
        return make_softmax_gradient(graph, op);
    case OpKind::transpose_conv2d:
        return make_transpose_convolution_gradient(graph, op);
    default: // Conversions, shape arithmetic, and resizing by interpolation.
        return nullptr;
    }
}

} // namespace octet::floats
