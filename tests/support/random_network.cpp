#include "tests/support/random_graph.h"

#include <cstring>

namespace octet::test {

std::vector<Bytes> random_inputs(const Graph &graph, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<Bytes> inputs;
    for (TensorId id : graph.inputs) {
        const Tensor &tensor = graph.tensor(id);
        Bytes bytes(tensor.bytes());
        if (tensor.dtype == DType::f32) {
            for (size_t i = 0; i < bytes.size(); i += sizeof(float)) {
                const float value = float(random() >> 8) / float(1 << 23) - 1.0f;
                std::memcpy(&bytes[i], &value, sizeof(value));
            }
        } else {
            for (uint8_t &byte : bytes)
                byte = uint8_t(random() >> 24);
        }
        inputs.push_back(std::move(bytes));
    }
    return inputs;
}

Graph random_network(uint32_t seed, DType dtype) {
    RandomGraph g(seed, "network");
    const int channels = 8 * g.uniform(1, 3);
    const TensorId x = g.input({1, g.uniform(7, 12), g.uniform(7, 12), 3}, dtype);
    const TensorId stem = g.conv2d(x, {.channels_out = channels,
                                       .stride_h = 2,
                                       .stride_w = 2,
                                       .same = true,
                                       .activation = Activation::relu6});
    const TensorId depthwise =
        g.depthwise_conv2d(stem, {.same = true, .activation = Activation::relu});
    const TensorId pointwise =
        g.conv2d(depthwise, {.channels_out = channels, .kernel_h = 1, .kernel_w = 1});
    const TensorId sum = g.add(stem, pointwise);
    const TensorId pooled =
        g.max_pool2d(sum, {.kernel_h = 2, .kernel_w = 2, .padding = Padding{0, 1, 0, 1}});
    const TensorId padded = g.pad(pooled, {{0, 0}, {1, 1}, {1, 1}, {0, 0}});
    const TensorId joined = g.concatenation({padded, padded}, 3);
    const TensorId wide = g.conv2d(joined, {.channels_out = 16, .groups = 2});
    const TensorId averaged = g.mean(wide, {1, 2}, true);
    const TensorId flat = g.reshape(averaged, {1, 16});
    const TensorId scores = g.fully_connected(flat, {.channels_out = 10});
    // The scores are large sums; a small beta keeps the softmax away from 0 and 1.
    return g.finish({g.softmax(scores, 0.05f)});
}

} // namespace octet::test
