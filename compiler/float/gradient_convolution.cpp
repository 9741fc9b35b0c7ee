// Gradients of convolutions, transposed convolutions and fully connected operators.
//
// With y[p][co] = sum over taps r of x[p stride + r][ci] w[co][r][ci],
//
//     dL/dw[co][r][ci] = sum over p of x[p stride + r][ci] dL/dy[p][co]       a product of windows
//     dL/dx[q][ci]     = sum over r of dL/dy[(q - r) / stride][co] w[co][r][ci]   sums over windows
//
// where the second is a convolution of dL/dy, its pixels `stride` apart with zeros between them,
// with the weights turned by half a turn and transposed. For a transposed convolution x and y
// change places.
#include "compiler/float/gradient.h"
#include "compiler/float/gradient_products.h"
#include "compiler/float/layer.h"
#include "compiler/float/window_sums.h"

#include <algorithm>
#include <limits>

namespace octet::floats {

namespace {

/// Sums over the rows of each channel.
void sum_rows(const float *values, int64_t rows, int channels, float *out) {
    std::fill(out, out + channels, 0.0f);
    for (int64_t row = 0; row < rows; ++row)
        for (int c = 0; c < channels; ++c)
            out[c] += values[row * channels + c];
}

/// What the three kinds have in common: weights (co, taps, ci) as operand 1, a bias as operand 2.
class SumsGradient : public Gradient {
public:
    SumsGradient(const Graph &graph, const Operator &op, Activation activation, const Shape &out,
                 const WindowSums &sums, const WindowProducts &products)
        : Gradient(graph, op), activation_(activation), images_(out[0]), out_(out), sums_(sums),
          products_(products) {}

    std::vector<Kernel *> kernels() const override {
        return {&sums_.kernel(), &products_.kernel()};
    }

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        const int64_t pixels = run.samples * element_count(out_) / out_[3];
        const auto dy =
            unclamped(run, activation_, pixels * out_[3], products_slack(out_[3]), shared);
        if (targets[0])
            sums_.run(dy.get(), targets[0], run.samples * images_, shared.workers);
        if (targets.size() > 1 && targets[1])
            by_weights(run, dy.get(), targets[1], shared);
        if (targets.size() > 2 && targets[2])
            sum_rows(dy.get(), pixels, out_[3], targets[2]);
    }

protected:
    virtual void by_weights(const GradientRun &run, const float *dy, float *target,
                            Shared shared) const = 0;

    Activation activation_;
    int images_; ///< of one sample
    Shape out_;
    WindowSums sums_; ///< the gradient by the input
    WindowProducts products_;
};

constexpr float infinity = std::numeric_limits<float>::infinity();

class ConvolutionGradient : public SumsGradient {
public:
    ConvolutionGradient(const Graph &graph, const Operator &op, const Window &window, int groups,
                        const Shape &in, const Shape &out, Activation activation)
        : SumsGradient(graph, op, activation, out,
                       WindowSums(out, in, seen_backwards(window), groups, -infinity, infinity),
                       WindowProducts(ProductKind::all_channels, in, out, window, groups)),
          groups_(groups), group_inputs_(in[3] / groups), group_outputs_(out[3] / groups),
          taps_(window.kernel_h * window.kernel_w) {}

    void pack(size_t i, std::span<const float> values) override {
        if (i != 1)
            return;
        std::vector<float> turned(values.size());
        size_t to = 0;
        for (int group = 0; group < groups_; ++group)
            for (int ci = 0; ci < group_inputs_; ++ci)
                for (int tap = taps_; tap-- > 0;)
                    for (int co = 0; co < group_outputs_; ++co)
                        turned[to++] = values[size_t(
                            ((group * group_outputs_ + co) * taps_ + tap) * group_inputs_ + ci)];
        sums_.pack_weights(turned);
    }

protected:
    void by_weights(const GradientRun &run, const float *dy, float *target,
                    Shared shared) const override {
        const std::vector<float> products =
            products_.run(run.inputs[0], dy, run.samples * images_, shared.workers);
        const int rows = products_.rows();
        for (int group = 0; group < groups_; ++group)
            for (int k = 0; k < rows; ++k)
                for (int co = 0; co < group_outputs_; ++co)
                    target[(group * group_outputs_ + co) * rows + k] =
                        products[size_t((group * rows + k) * group_outputs_ + co)];
    }

private:
    int groups_, group_inputs_, group_outputs_, taps_;
};

class TransposeConvolutionGradient : public SumsGradient {
public:
    TransposeConvolutionGradient(const Graph &graph, const Operator &op, const Window &window,
                                 const Shape &in, const Shape &out, Activation activation)
        : SumsGradient(graph, op, activation, out,
                       WindowSums(out, in, window, 1, -infinity, infinity),
                       WindowProducts(ProductKind::all_channels, out, in, window, 1)),
          in_(in), taps_(window.kernel_h * window.kernel_w) {}

    void pack(size_t i, std::span<const float> values) override {
        if (i != 1)
            return;
        std::vector<float> transposed(values.size());
        const int depth = taps_ * out_[3];
        for (int co = 0; co < out_[3]; ++co)
            for (int tap = 0; tap < taps_; ++tap)
                for (int ci = 0; ci < in_[3]; ++ci)
                    transposed[size_t(ci * depth + tap * out_[3] + co)] =
                        values[size_t((co * taps_ + tap) * in_[3] + ci)];
        sums_.pack_weights(transposed);
    }

protected:
    void by_weights(const GradientRun &run, const float *dy, float *target,
                    Shared shared) const override {
        const int64_t elements = run.samples * element_count(in_);
        const int slack = products_slack(in_[3]);
        const auto x = shared.storage.take(elements + slack);
        std::copy_n(run.inputs[0], elements, x.get());
        std::fill_n(x.get() + elements, slack, 0.0f);
        const std::vector<float> products =
            products_.run(dy, x.get(), run.samples * images_, shared.workers);
        for (int tap = 0; tap < taps_; ++tap)
            for (int co = 0; co < out_[3]; ++co)
                std::copy_n(&products[size_t((tap * out_[3] + co) * in_[3])], in_[3],
                            target + (co * taps_ + tap) * in_[3]);
    }

private:
    Shape in_;
    int taps_;
};

} // namespace

std::unique_ptr<Gradient> make_convolution_gradient(const Graph &graph, const Operator &op) {
    const auto &a = op.as<Conv2dAttributes>();
    return std::make_unique<ConvolutionGradient>(
        graph, op, window_of(a, graph.tensor(op.inputs[1]).shape), a.groups,
        graph.tensor(op.inputs[0]).shape, graph.tensor(op.outputs[0]).shape, a.activation);
}

std::unique_ptr<Gradient> make_transpose_convolution_gradient(const Graph &graph,
                                                              const Operator &op) {
    const auto &a = op.as<TransposeConv2dAttributes>();
    const Shape &weights = graph.tensor(op.inputs[1]).shape;
    Window window;
    window.kernel_h = weights[1];
    window.kernel_w = weights[2];
    window.stride_h = a.stride_h;
    window.stride_w = a.stride_w;
    window.top = a.padding.top;
    window.left = a.padding.left;
    return std::make_unique<TransposeConvolutionGradient>(
        graph, op, window, graph.tensor(op.inputs[0]).shape, graph.tensor(op.outputs[0]).shape,
        a.activation);
}

std::unique_ptr<Gradient> make_fully_connected_gradient(const Graph &graph, const Operator &op) {
    // Rows are images of one pixel.
    const Shape &weights = graph.tensor(op.inputs[1]).shape;
    const int rows = int(graph.tensor(op.inputs[0]).elements() / weights[1]);
    return std::make_unique<ConvolutionGradient>(
        graph, op, Window(), 1, Shape{rows, 1, 1, weights[1]}, Shape{rows, 1, 1, weights[0]},
        op.as<FullyConnectedAttributes>().activation);
}

} // namespace octet::floats
