// Depthwise convolutions and pools: windows over each channel by itself.
#include "compiler/float/layer.h"
#include "compiler/float/window_parts.h"
#include "compiler/float/windows.h"

#include <algorithm>
#include <limits>

namespace octet::floats {

namespace {

class WindowLayer : public Layer {
public:
    WindowLayer(const Graph &graph, const Operator &op, WindowFold fold, const Window &window,
                Activation activation)
        : Layer(graph, op), fold_(fold), parts_(input().shape, output().shape, window),
          channels_(parts_.channels()), images_(input().shape[0]), steps_(parts_.steps(false)),
          range_(range_of(activation)) {}

    std::vector<Kernel *> kernels() const override { return {&windows_kernel(fold_, channels_)}; }

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        const WindowParts::Cut cut = parts_.cut(samples * images_, workers.count());
        const std::vector<int32_t> offsets = parts_.offsets(cut);
        const std::vector<float> numbers = numbers_of(cut);
        workers.run(cut.parts(), [&](int64_t task) {
            const auto part = parts_.stage(cut, task, inputs[0].data, offsets);
            WindowsArguments arguments;
            arguments.in = part.in;
            arguments.offsets = part.offsets;
            arguments.steps = steps_;
            arguments.factors =
                numbers.empty() ? factors_.data()
                                : &numbers[size_t(part.first_row) * size_t(parts_.row_pixels())];
            arguments.bias = bias_.data();
            arguments.channels = channels_;
            arguments.lowest = range_.lowest;
            arguments.highest = range_.highest;
            arguments.out = output + part.first_pixel * channels_;
            run_windows(fold_, arguments);
        });
    }

protected:
    /// One factor for every pixel of a part, where the kernel has such.
    virtual std::vector<float> numbers_of(const WindowParts::Cut &) const { return {}; }

    WindowFold fold_;
    WindowParts parts_;
    int channels_, images_;
    std::vector<int32_t> steps_;
    Range range_;
    std::vector<float> factors_, bias_;
};

class Depthwise : public WindowLayer {
public:
    Depthwise(const Graph &graph, const Operator &op, const Window &window, Activation activation)
        : WindowLayer(graph, op, WindowFold::depthwise, window, activation),
          padded_((channels_ + windows_block(channels_) - 1) / windows_block(channels_) *
                  windows_block(channels_)) {
        factors_.resize(steps_.size() * size_t(padded_));
        bias_.resize(size_t(padded_));
    }

    size_t packed_from() const override { return 1; }

    void pack(size_t i, std::span<const float> values) override {
        std::vector<float> &to = i == 1 ? factors_ : bias_;
        for (size_t row = 0; row * size_t(channels_) < values.size(); ++row)
            std::copy_n(values.data() + row * size_t(channels_), channels_,
                        to.data() + row * size_t(padded_));
    }

private:
    int padded_; ///< channels in whole blocks
};

/// Padded places do not count: an average divides by the number of the others.
class AveragePool : public WindowLayer {
public:
    AveragePool(const Graph &graph, const Operator &op, const Window &window, Activation activation)
        : WindowLayer(graph, op, WindowFold::average, window, activation) {
        const Shape &in = input().shape, &out = output().shape;
        const auto inside = [](int first, int kernel, int extent) {
            return std::min(first + kernel, extent) - std::max(first, 0);
        };
        for (int y = 0; y < out[1]; ++y)
            for (int x = 0; x < out[2]; ++x)
                counts_.push_back(
                    float(inside(y * window.stride_h - window.top, window.kernel_h, in[1]) *
                          inside(x * window.stride_w - window.left, window.kernel_w, in[2])));
    }

protected:
    std::vector<float> numbers_of(const WindowParts::Cut &cut) const override {
        std::vector<float> result;
        for (int n = 0; n < cut.images_per_part; ++n)
            result.insert(result.end(), counts_.begin(), counts_.end());
        return result;
    }

private:
    std::vector<float> counts_; ///< of one image's pixels
};

/// What kernels read behind the last channel: where channels do not fill blocks, windows are
/// staged.
int slack_of(int channels) {
    const int block = windows_block(channels);
    return channels % block == 0 ? 0 : block;
}

} // namespace

std::unique_ptr<Layer> make_depthwise_conv2d(const Graph &graph, const Operator &op) {
    const auto &a = op.as<DepthwiseConv2dAttributes>();
    const Shape &weights = graph.tensor(op.inputs[1]).shape;
    Window window = window_of(a, weights);
    window.multiplier = a.multiplier;
    window.slack = slack_of(weights[3]);
    return std::make_unique<Depthwise>(graph, op, window, a.activation);
}

std::unique_ptr<Layer> make_pool2d(const Graph &graph, const Operator &op) {
    const auto &a = op.as<Pool2dAttributes>();
    Window window;
    window.kernel_h = a.kernel_h;
    window.kernel_w = a.kernel_w;
    window.stride_h = a.stride_h;
    window.stride_w = a.stride_w;
    window.top = a.padding.top;
    window.left = a.padding.left;
    window.slack = slack_of(graph.tensor(op.inputs[0]).shape[3]);
    if (op.kind == OpKind::average_pool2d)
        return std::make_unique<AveragePool>(graph, op, window, a.activation);
    window.fill = std::numeric_limits<float>::lowest();
    return std::make_unique<WindowLayer>(graph, op, WindowFold::largest, window, a.activation);
}

} // namespace octet::floats
