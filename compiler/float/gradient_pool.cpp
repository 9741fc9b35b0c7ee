// Gradients of pools and of shared.
#include "compiler/float/gradient.h"
#include "compiler/float/strided.h"

#include <algorithm>

namespace octet::floats {

namespace {

class PoolGradient : public Gradient {
public:
    PoolGradient(const Graph &graph, const Operator &op)
        : Gradient(graph, op), a_(op.as<Pool2dAttributes>()),
          average_(op.kind == OpKind::average_pool2d) {}

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        if (!targets[0])
            return;
        const Shape &in = input().shape, &out = output().shape;
        const auto dy = unclamped(run, a_.activation, run.samples * output().elements(), 0, shared);
        const int64_t in_image = int64_t(in[1]) * in[2] * in[3];
        const int64_t out_image = int64_t(out[1]) * out[2] * out[3];
        shared.workers.run(run.samples * in[0], [&](int64_t image) {
            const float *x = run.inputs[0] + image * in_image;
            float *dx = targets[0] + image * in_image;
            std::fill_n(dx, in_image, 0.0f);
            const float *pixel = dy.get() + image * out_image;
            for (int y = 0; y < out[1]; ++y)
                for (int column = 0; column < out[2]; ++column, pixel += out[3]) {
                    if (average_)
                        spread(window(y, column), pixel, dx);
                    else
                        give_to_largest(window(y, column), pixel, x, dx);
                }
        });
    }

private:
    /// The places of an output's window that lie in the image.
    struct Places {
        int top, bottom, left, right;
    };
    Places window(int y, int x) const {
        const Shape &in = input().shape;
        const int top = y * a_.stride_h - a_.padding.top, left = x * a_.stride_w - a_.padding.left;
        return {std::max(top, 0), std::min(top + a_.kernel_h, in[1]), std::max(left, 0),
                std::min(left + a_.kernel_w, in[2])};
    }

    void spread(const Places &places, const float *dy, float *dx) const {
        const int width = input().shape[2], channels = input().shape[3];
        const float share =
            1.0f / float((places.bottom - places.top) * (places.right - places.left));
        for (int y = places.top; y < places.bottom; ++y)
            for (int x = places.left; x < places.right; ++x)
                for (int c = 0; c < channels; ++c)
                    dx[(y * width + x) * channels + c] += dy[c] * share;
    }

    /// Of equal elements the first takes all.
    void give_to_largest(const Places &places, const float *dy, const float *in, float *dx) const {
        const int width = input().shape[2], channels = input().shape[3];
        for (int c = 0; c < channels; ++c) {
            int best = (places.top * width + places.left) * channels + c;
            for (int y = places.top; y < places.bottom; ++y)
                for (int x = places.left; x < places.right; ++x) {
                    const int place = (y * width + x) * channels + c;
                    if (in[place] > in[best])
                        best = place;
                }
            dx[best] += dy[c];
        }
    }

    const Pool2dAttributes &a_;
    bool average_;
};

class MeanGradient : public Gradient {
public:
    MeanGradient(const Graph &graph, const Operator &op) : Gradient(graph, op) {
        Shape kept = input().shape;
        for (int axis : op.as<MeanAttributes>().axes)
            kept[size_t(axis)] = 1;
        const auto to = dense_strides(input().shape), from = dense_strides(kept);
        for (size_t axis = 0; axis < kept.size(); ++axis)
            axes_.push_back({input().shape[axis], to[axis], kept[axis] == 1 ? 0 : from[axis]});
    }

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        if (!targets[0])
            return;
        std::vector<Axis> all = axes_;
        all.insert(all.begin(), {run.samples, input().elements(), output().elements()});
        copy_strided(targets[0], run.d_output, all, shared.workers);
        const float share = float(output().elements()) / float(input().elements());
        for (int64_t i = 0; i < run.samples * input().elements(); ++i)
            targets[0][i] *= share;
    }

private:
    std::vector<Axis> axes_; ///< a: the input's strides, b: the output's, 0 along reduced axes
};

} // namespace

std::unique_ptr<Gradient> make_pool_gradient(const Graph &graph, const Operator &op) {
    return std::make_unique<PoolGradient>(graph, op);
}

std::unique_ptr<Gradient> make_mean_gradient(const Graph &graph, const Operator &op) {
    return std::make_unique<MeanGradient>(graph, op);
}

} // namespace octet::floats
