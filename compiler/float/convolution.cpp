// Convolutions, transposed convolutions and fully connected operators: sums over windows.
#include "compiler/float/layer.h"
#include "compiler/float/packed_weights.h"
#include "compiler/float/sums.h"
#include "compiler/float/window_parts.h"

#include <algorithm>
#include <functional>

namespace octet::floats {

namespace {

class Convolution : public Layer {
public:
    /// Images of shapes `in` and `out`, whose first extents are those of one sample.
    Convolution(const Graph &graph, const Operator &op, const Window &window, int groups,
                const Shape &in, const Shape &out, Activation activation)
        : Layer(graph, op), parts_(in, out, window), images_(in[0]), groups_(groups),
          group_inputs_(in[3] / groups), out_channels_(out[3]),
          // Neighbouring pixels are adjacent in memory, so a row of the window is one run.
          runs_(groups == 1 && window.dilation_w == 1),
          length_(runs_ ? window.kernel_w * in[3] : group_inputs_), steps_(parts_.steps(runs_)),
          range_(range_of(activation)),
          packed_(groups, out[3], window.kernel_h * window.kernel_w * group_inputs_) {}

    std::vector<Kernel *> kernels() const override { return {&sums_kernel(packed_.block())}; }
    size_t packed_from() const override { return 1; }

    void pack(size_t i, std::span<const float> values) override {
        if (i == 1)
            packed_.pack_weights(values);
        else
            packed_.pack_bias(values);
    }

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        const WindowParts::Cut cut = parts_.cut(samples * images_, workers.count());
        const std::vector<int32_t> offsets = parts_.offsets(cut);
        // One part for all threads, as a fully connected operator on one sample is: each thread
        // computes some of the channels.
        const int64_t parts = cut.parts();
        const int pieces =
            int(std::min<int64_t>(packed_.blocks(), (workers.count() + parts - 1) / parts));
        const int blocks = (packed_.blocks() + pieces - 1) / pieces;
        workers.run(parts * pieces, [&](int64_t task) {
            const auto part = parts_.stage(cut, task / pieces, inputs[0].data, offsets);
            const int first = int(task % pieces) * blocks;
            const int channels = std::min(blocks * packed_.block(),
                                          packed_.group_channels() - first * packed_.block());
            if (channels > 0)
                compute(part, first, channels, output);
        });
    }

private:
    /// `channels` channels of every group, from that of block `first_block` on.
    void compute(const WindowParts::Part &part, int first_block, int channels,
                 float *output) const {
        SumsArguments arguments;
        arguments.offsets = part.offsets;
        arguments.steps = steps_;
        arguments.length = length_;
        arguments.block = packed_.block();
        arguments.channels = channels;
        arguments.lowest = range_.lowest;
        arguments.highest = range_.highest;
        arguments.out_stride = out_channels_;
        for (int group = 0; group < groups_; ++group) {
            arguments.in = part.in + group * group_inputs_;
            arguments.weights = packed_.weights(group, first_block);
            arguments.bias = packed_.bias(group, first_block);
            arguments.out = output + part.first_pixel * out_channels_ +
                            group * packed_.group_channels() + first_block * packed_.block();
            run_sums(arguments);
        }
    }

    WindowParts parts_;
    int images_, groups_, group_inputs_, out_channels_;
    bool runs_;
    int length_;
    std::vector<int32_t> steps_;
    Range range_;
    PackedWeights packed_;
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
    Window window;
    window.kernel_h = weights[1];
    window.kernel_w = weights[2];
    window.stride_h = a.stride_h;
    window.stride_w = a.stride_w;
    window.dilation_h = a.dilation_h;
    window.dilation_w = a.dilation_w;
    window.top = a.padding.top;
    window.left = a.padding.left;
    return std::make_unique<Convolution>(graph, op, window, a.groups, in,
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
