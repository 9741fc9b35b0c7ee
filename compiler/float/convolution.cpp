// Convolutions, transposed convolutions and fully connected operators: sums over windows.
#include "compiler/float/layer.h"
#include "compiler/float/window_sums.h"

#include <algorithm>

namespace octet::floats {

namespace {

class Convolution : public Layer {
public:
    /// Images of shapes `in` and `out`, whose first extents are those of one sample.
    Convolution(const Graph &graph, const Operator &op, const Window &window, int groups,
                const Shape &in, const Shape &out, Activation activation)
        : Layer(graph, op), images_(in[0]),
          sums_(in, out, window, groups, range_of(activation).lowest,
                range_of(activation).highest) {}

    std::vector<Kernel *> kernels() const override { return {&sums_.kernel()}; }
    size_t packed_from() const override { return 1; }

    void pack(size_t i, std::span<const float> values) override {
        if (i == 1)
            sums_.pack_weights(values);
        else
            sums_.pack_bias(values);
    }

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        sums_.run(inputs[0].data, output, samples * images_, workers);
    }

private:
    int images_;
    WindowSums sums_;
};

/// The transposed convolution is the convolution of the input with zeros between its pixels and of
/// the weights turned by half a turn: output y reads pixel iy through tap ry where
/// y = iy stride - top + ry, so with ry' = kernel - 1 - ry at place iy stride = y - top' + ry' for
/// top' = kernel - 1 - top.
class TransposeConvolution : public Convolution {
public:
    using Convolution::Convolution;

    void pack(size_t i, std::span<const float> values) override {
        if (i != 1)
            return Convolution::pack(i, values);
        const Shape &shape = input(1).shape;
        const int64_t taps = int64_t(shape[1]) * shape[2], depth = shape[3];
        std::vector<float> turned(values.size());
        for (int64_t co = 0; co < shape[0]; ++co)
            for (int64_t tap = 0; tap < taps; ++tap)
                std::copy_n(values.data() + (co * taps + tap) * depth, depth,
                            turned.data() + (co * taps + taps - 1 - tap) * depth);
        Convolution::pack(1, turned);
    }
};

} // namespace

std::unique_ptr<Layer> make_convolution(const Graph &graph, const Operator &op) {
    const auto &a = op.as<Conv2dAttributes>();
    const Shape &in = graph.tensor(op.inputs[0]).shape, &weights = graph.tensor(op.inputs[1]).shape;
    return std::make_unique<Convolution>(graph, op, window_of(a, weights), a.groups, in,
                                         graph.tensor(op.outputs[0]).shape, a.activation);
}

std::unique_ptr<Layer> make_transpose_conv2d(const Graph &graph, const Operator &op) {
    const auto &a = op.as<TransposeConv2dAttributes>();
    const Shape &in = graph.tensor(op.inputs[0]).shape, &weights = graph.tensor(op.inputs[1]).shape;
    Window window;
    window.kernel_h = weights[1];
    window.kernel_w = weights[2];
    window.spread_h = a.stride_h;
    window.spread_w = a.stride_w;
    window.top = weights[1] - 1 - a.padding.top;
    window.left = weights[2] - 1 - a.padding.left;
    return std::make_unique<TransposeConvolution>(graph, op, window, 1, in,
                                                  graph.tensor(op.outputs[0]).shape, a.activation);
}

std::unique_ptr<Layer> make_fully_connected(const Graph &graph, const Operator &op) {
    // Rows are images of one pixel.
    const Shape &weights = graph.tensor(op.inputs[1]).shape;
    const int rows = int(graph.tensor(op.inputs[0]).elements() / weights[1]);
    return std::make_unique<Convolution>(graph, op, Window(), 1, Shape{rows, 1, 1, weights[1]},
                                         Shape{rows, 1, 1, weights[0]},
                                         op.as<FullyConnectedAttributes>().activation);
}

} // namespace octet::floats
