// Gradients of operators that map every element by itself, and of softmax.
#include "compiler/float/gradient.h"
#include "compiler/float/layer.h"

#include <algorithm>

namespace octet::floats {

namespace {

class UnaryGradient : public Gradient {
public:
    /// dy/dx of an element from x and y.
    using Slope = float (*)(float x, float y, float parameter);

    UnaryGradient(const Graph &graph, const Operator &op, Slope slope, float parameter = 0)
        : Gradient(graph, op), slope_(slope), parameter_(parameter) {}

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        if (!targets[0])
            return;
        for_chunks(run.samples * output().elements(), shared.workers,
                   [&](int64_t begin, int64_t end) {
                       for (int64_t i = begin; i < end; ++i)
                           targets[0][i] = run.d_output[i] *
                                           slope_(run.inputs[0][i], run.output[i], parameter_);
                   });
    }

private:
    Slope slope_;
    float parameter_;
};

class ClampGradient : public Gradient {
public:
    ClampGradient(const Graph &graph, const Operator &op, Activation activation)
        : Gradient(graph, op), range_(range_of(activation)) {}

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        if (!targets[0])
            return;
        for_chunks(run.samples * output().elements(), shared.workers,
                   [&](int64_t begin, int64_t end) {
                       for (int64_t i = begin; i < end; ++i) {
                           const float y = run.output[i];
                           const bool passes = y > range_.lowest && y < range_.highest;
                           targets[0][i] = passes ? run.d_output[i] : 0.0f;
                       }
                   });
    }

private:
    Range range_;
};

/// y = exp(beta x) / sum: dL/dx_i = beta y_i (dL/dy_i - sum over j of y_j dL/dy_j).
class SoftmaxGradient : public Gradient {
public:
    using Gradient::Gradient;

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        if (!targets[0])
            return;
        const int64_t depth = input().shape.back(), rows = run.samples * input().elements() / depth;
        const float beta = op().as<SoftmaxAttributes>().beta;
        shared.workers.run(rows, [&](int64_t row) {
            const float *y = run.output + row * depth, *dy = run.d_output + row * depth;
            float *dx = targets[0] + row * depth, mean = 0;
            for (int64_t i = 0; i < depth; ++i)
                mean += y[i] * dy[i];
            for (int64_t i = 0; i < depth; ++i)
                dx[i] = beta * y[i] * (dy[i] - mean);
        });
    }
};

float logistic_slope(float, float y, float) {
    return y * (1 - y);
}
float tanh_slope(float, float y, float) {
    return 1 - y * y;
}
float leaky_relu_slope(float x, float, float alpha) {
    return x > 0 ? 1.0f : alpha;
}
/// Of x clamp(x + 3, 0, 6) / 6.
float hard_swish_slope(float x, float, float) {
    if (x <= -3)
        return 0;
    return x >= 3 ? 1.0f : (2 * x + 3) / 6;
}

} // namespace

std::unique_ptr<Gradient> make_unary_gradient(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::hard_swish:
        return std::make_unique<UnaryGradient>(graph, op, hard_swish_slope);
    case OpKind::leaky_relu:
        return std::make_unique<UnaryGradient>(graph, op, leaky_relu_slope,
                                               op.as<LeakyReluAttributes>().alpha);
    case OpKind::logistic:
        return std::make_unique<UnaryGradient>(graph, op, logistic_slope);
    case OpKind::tanh:
        return std::make_unique<UnaryGradient>(graph, op, tanh_slope);
    case OpKind::relu:
        return std::make_unique<ClampGradient>(graph, op, Activation::relu);
    case OpKind::relu6:
        return std::make_unique<ClampGradient>(graph, op, Activation::relu6);
    default:
        return std::make_unique<ClampGradient>(graph, op, Activation::relu_n1_to_1);
    }
}

std::unique_ptr<Gradient> make_softmax_gradient(const Graph &graph, const Operator &op) {
    return std::make_unique<SoftmaxGradient>(graph, op);
}

} // namespace octet::floats
