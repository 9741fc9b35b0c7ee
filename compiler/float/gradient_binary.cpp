// Gradients of operators of two operands that broadcast: an operand that is read several times
// collects the gradients of all that read it.
#include "compiler/float/gradient.h"
#include "compiler/float/layer.h"
#include "compiler/float/strided.h"

#include <algorithm>

namespace octet::floats {

namespace {

/// dy/da and dy/db at an element.
struct Slopes {
    float a, b;
};

class BinaryGradient : public Gradient {
public:
    using Slope = Slopes (*)(float a, float b);

    BinaryGradient(const Graph &graph, const Operator &op, Slope slope, Activation activation)
        : Gradient(graph, op), slope_(slope), activation_(activation) {}

    void run(const GradientRun &run, Targets targets, Shared shared) const override {
        const int64_t slab = output().elements();
        const auto dy = unclamped(run, activation_, run.samples * slab, 0, shared);
        for (size_t i = 0; i < 2; ++i)
            if (targets[i])
                std::fill_n(targets[i], elements(i, run.samples), 0.0f);
        const std::vector<Axis> axes = merge_axes(axes_of_output());
        const auto place = [&](size_t i, int64_t sample) {
            return input(i).constant() ? 0 : sample * input(i).elements();
        };
        const auto one = [&](int64_t sample) {
            const int64_t first_a = place(0, sample), first_b = place(1, sample);
            walk(axes, {run.inputs[0] + first_a, run.inputs[1] + first_b}, dy.get() + sample * slab,
                 {targets[0] ? targets[0] + first_a : nullptr,
                  targets[1] ? targets[1] + first_b : nullptr});
        };
        // Samples add to the same elements of a constant, one after the other.
        const bool summed =
            (targets[0] && input(0).constant()) || (targets[1] && input(1).constant());
        if (!summed)
            return shared.workers.run(run.samples, one);
        for (int64_t sample = 0; sample < run.samples; ++sample)
            one(sample);
    }

private:
    struct Operands {
        const float *a, *b;
    };
    struct Results {
        float *a, *b;
    };

    void walk(const std::vector<Axis> &axes, Operands operands, const float *dy,
              Results results) const {
        const Axis row = axes.back();
        const size_t outer = axes.size() - 1;
        int64_t rows = 1;
        for (size_t axis = 0; axis < outer; ++axis)
            rows *= axes[axis].extent;
        for (int64_t i = 0; i < rows; ++i, dy += row.extent) {
            const Place start = place_of(axes, outer, i);
            for (int64_t k = 0; k < row.extent; ++k) {
                const int64_t at_a = start.a + k * row.a, at_b = start.b + k * row.b;
                const Slopes slopes = slope_(operands.a[at_a], operands.b[at_b]);
                if (results.a)
                    results.a[at_a] += dy[k] * slopes.a;
                if (results.b)
                    results.b[at_b] += dy[k] * slopes.b;
            }
        }
    }

    /// The output's axes with the operands' strides, which are aligned at the innermost one.
    std::vector<Axis> axes_of_output() const {
        const Shape &shape = output().shape;
        const auto strides = [&](const Shape &operand) {
            std::vector<int64_t> result = dense_strides(operand);
            for (size_t axis = 0; axis < operand.size(); ++axis)
                if (operand[axis] == 1)
                    result[axis] = 0;
            result.insert(result.begin(), shape.size() - operand.size(), 0);
            return result;
        };
        const std::vector<int64_t> a = strides(input(0).shape), b = strides(input(1).shape);
        std::vector<Axis> result;
        for (size_t axis = 0; axis < shape.size(); ++axis)
            result.push_back({shape[axis], a[axis], b[axis]});
        return result;
    }

    Slope slope_;
    Activation activation_;
};

Slopes add_slopes(float, float) {
    return {1, 1};
}
Slopes sub_slopes(float, float) {
    return {1, -1};
}
Slopes mul_slopes(float a, float b) {
    return {b, a};
}
/// Equal operands pass the gradient to the first.
Slopes minimum_slopes(float a, float b) {
    return a <= b ? Slopes{1, 0} : Slopes{0, 1};
}
Slopes maximum_slopes(float a, float b) {
    return a >= b ? Slopes{1, 0} : Slopes{0, 1};
}
Slopes prelu_slopes(float a, float b) {
    return a > 0 ? Slopes{1, 0} : Slopes{b, a};
}

} // namespace

std::unique_ptr<Gradient> make_binary_gradient(const Graph &graph, const Operator &op) {
    const auto make = [&](BinaryGradient::Slope slope, Activation activation = Activation::none) {
        return std::make_unique<BinaryGradient>(graph, op, slope, activation);
    };
    switch (op.kind) {
    case OpKind::add:
        return make(add_slopes, op.as<AddAttributes>().activation);
    case OpKind::sub:
        return make(sub_slopes, op.as<SubAttributes>().activation);
    case OpKind::mul:
        return make(mul_slopes, op.as<MulAttributes>().activation);
    case OpKind::minimum:
        return make(minimum_slopes);
    case OpKind::maximum:
        return make(maximum_slopes);
    default:
        return make(prelu_slopes);
    }
}

} // namespace octet::floats
