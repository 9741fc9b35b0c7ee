// Gradients of depthwise convolutions: per channel what gradient_convolution.cpp says.
#include "compiler/float/gradient.h"
#include "compiler/float/gradient_products.h"
#include "compiler/float/layer.h"
#include "compiler/float/window_parts.h"
#include "compiler/float/windows.h"

#include <algorithm>
#include <limits>

namespace octet::floats {

namespace {

class DepthwiseGradient : public Gradient {
public:
    DepthwiseGradient(const Graph &graph, const Operator &op, const Window &forward,
                      const Window &backward, Activation activation)
        : Gradient(graph, op), activation_(activation), channels_(output().shape[3]),
          multiplier_(forward.multiplier), images_(output().shape[0]),
          padded_((channels_ + windows_block(channels_) - 1) / windows_block(channels_) *
                  windows_block(channels_)),
          parts_(output().shape, input().shape, backward), steps_(parts_.steps(false)),
          products_(ProductKind::own_channel, input().shape, output().shape, forward, 1),
          turned_(steps_.size() * size_t(padded_)), no_bias_(size_t(padded_)) {}

    std::vector<Kernel *> kernels() const override {
        return {&windows_kernel(WindowFold::depthwise, channels_), &products_.kernel()};
    }

    void pack(size_t i, std::span<const float> values) override {
        const size_t taps = steps_.size(), channels = size_t(channels_);
        for (size_t tap = 0; i == 1 && tap < taps; ++tap)
            std::copy_n(values.data() + tap * channels, channels,
                        turned_.data() + (taps - 1 - tap) * size_t(padded_));
    }

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        const int64_t elements = run.samples * output().elements();
        const auto dy = unclamped(run, activation_, elements, padded_, shared);
        if (targets[0])
            by_input(run, dy.get(), targets[0], shared);
        if (targets[1]) {
            const std::vector<float> products =
                products_.run(run.inputs[0], dy.get(), run.samples * images_, shared.workers);
            std::copy(products.begin(), products.end(), targets[1]);
        }
        if (targets.size() > 2 && targets[2]) {
            std::fill_n(targets[2], channels_, 0.0f);
            for (int64_t row = 0; row < elements / channels_; ++row)
                for (int c = 0; c < channels_; ++c)
                    targets[2][c] += dy.get()[row * channels_ + c];
        }
    }

private:
    void by_input(const GradientRun &run, const float *dy, float *target, Shared shared) const {
        const int64_t elements = run.samples * input().elements();
        if (multiplier_ == 1)
            return by_stretched_input(run, dy, target, shared);
        // Of the input as the windows see it, each channel several times.
        const auto stretched = shared.storage.take(elements * multiplier_);
        by_stretched_input(run, dy, stretched.get(), shared);
        for_chunks(elements, shared.workers, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) {
                const float *from = stretched.get() + i * multiplier_;
                target[i] = 0;
                for (int m = 0; m < multiplier_; ++m)
                    target[i] += from[m];
            }
        });
    }

    void by_stretched_input(const GradientRun &run, const float *dy, float *target,
                            Shared shared) const {
        const WindowParts::Cut cut = parts_.cut(run.samples * images_, shared.workers.count());
        const std::vector<int32_t> offsets = parts_.offsets(cut);
        shared.workers.run(cut.parts(), [&](int64_t task) {
            const auto part = parts_.stage(cut, task, dy, offsets);
            WindowsArguments arguments;
            arguments.in = part.in;
            arguments.offsets = part.offsets;
            arguments.steps = steps_;
            arguments.factors = turned_.data();
            arguments.bias = no_bias_.data();
            arguments.channels = channels_;
            arguments.lowest = -std::numeric_limits<float>::infinity();
            arguments.highest = std::numeric_limits<float>::infinity();
            arguments.out = target + part.first_pixel * channels_;
            run_windows(WindowFold::depthwise, arguments);
        });
    }

    Activation activation_;
    int channels_; ///< of the output
    int multiplier_;
    int images_; ///< of one sample
    int padded_; ///< channels in whole blocks
    WindowParts parts_;
    std::vector<int32_t> steps_;
    WindowProducts products_;
    std::vector<float> turned_, no_bias_;
};

} // namespace

std::unique_ptr<Gradient> make_depthwise_gradient(const Graph &graph, const Operator &op) {
    const auto &a = op.as<DepthwiseConv2dAttributes>();
    Window forward = window_of(a, graph.tensor(op.inputs[1]).shape);
    forward.multiplier = a.multiplier;
    const int channels = graph.tensor(op.outputs[0]).shape[3], block = products_slack(channels);
    forward.slack = channels % block == 0 ? 0 : block;
    Window backward = seen_backwards(forward);
    backward.slack = forward.slack;
    return std::make_unique<DepthwiseGradient>(graph, op, forward, backward, a.activation);
}

} // namespace octet::floats
