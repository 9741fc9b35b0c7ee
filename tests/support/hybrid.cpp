#include "tests/support/hybrid.h"

#include <algorithm>
#include <cmath>

namespace octet::test {

namespace {

void quantize_weights(Tensor &weights, int axis, bool per_channel) {
    const std::span<const float> values = weights.values<float>();
    size_t inner = 1; // elements from one channel to the next
    for (size_t d = size_t(axis) + 1; d < weights.shape.size(); ++d)
        inner *= size_t(weights.shape[d]);
    const size_t channels = per_channel ? size_t(weights.shape[size_t(axis)]) : 1;
    Quantization q{std::vector<float>(channels, 1e-6f), std::vector<int32_t>(channels, 0),
                   channels > 1 ? axis : 0};
    for (size_t i = 0; i < values.size(); ++i) {
        float &scale = q.scales[i / inner % channels];
        scale = std::max(scale, std::abs(values[i]) / 127);
    }
    Bytes bytes;
    for (size_t i = 0; i < values.size(); ++i)
        bytes.push_back(uint8_t(int8_t(std::lrint(values[i] / q.scales[i / inner % channels]))));
    weights.dtype = DType::s8;
    weights.quantization = std::move(q);
    weights.data = std::make_shared<const Bytes>(std::move(bytes));
}

} // namespace

Graph with_integer_weights(Graph graph, bool per_channel, DynamicInput dynamic_input) {
    for (Operator &op : graph.operators) {
        const bool depthwise = op.kind == OpKind::depthwise_conv2d;
        if (!depthwise && op.kind != OpKind::conv2d && op.kind != OpKind::fully_connected &&
            op.kind != OpKind::transpose_conv2d)
            continue;
        Tensor &weights = graph.tensor(op.inputs[1]);
        if (weights.dtype == DType::f32)
            quantize_weights(weights, depthwise ? 3 : 0, per_channel);
        std::visit(
            [&](auto &attributes) {
                if constexpr (requires { attributes.dynamic_input; })
                    attributes.dynamic_input = dynamic_input;
            },
            op.attributes);
    }
    return graph;
}

} // namespace octet::test
