// Operators that map every element by itself, or keep it.
#include "compiler/float/elementwise.h"
#include "compiler/float/layer.h"

#include <algorithm>

namespace octet::floats {

namespace {

class Unary : public Layer {
public:
    Unary(const Graph &graph, const Operator &op, UnaryFunction function, float parameter0 = 0,
          float parameter1 = 0)
        : Layer(graph, op), function_(function), parameters_{parameter0, parameter1} {}

    std::vector<Kernel *> kernels() const override { return {&unary_kernel(function_)}; }

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        for_chunks(samples * input().elements(), workers, [&](int64_t begin, int64_t end) {
            run_unary(function_, inputs[0].data + begin, output + begin, int(end - begin),
                      parameters_);
        });
    }

private:
    UnaryFunction function_;
    float parameters_[2];
};

/// The same elements under another shape.
class Reshape : public Layer {
public:
    using Layer::Layer;

    bool keeps_elements() const override { return true; }

    void run(std::span<const Operand> inputs, float *output, int64_t samples,
             Workers &workers) const override {
        for_chunks(samples * input().elements(), workers, [&](int64_t begin, int64_t end) {
            std::copy(inputs[0].data + begin, inputs[0].data + end, output + begin);
        });
    }
};

} // namespace

std::unique_ptr<Layer> make_unary(const Graph &graph, const Operator &op) {
    const auto make = [&](UnaryFunction function, float parameter0 = 0, float parameter1 = 0) {
        return std::make_unique<Unary>(graph, op, function, parameter0, parameter1);
    };
    const auto clamp = [&](Activation activation) {
        const Range range = range_of(activation);
        return make(UnaryFunction::clamp, range.lowest, range.highest);
    };
    switch (op.kind) {
    case OpKind::hard_swish:
        return make(UnaryFunction::hard_swish);
    case OpKind::leaky_relu:
        return make(UnaryFunction::leaky_relu, op.as<LeakyReluAttributes>().alpha);
    case OpKind::logistic:
        return make(UnaryFunction::logistic);
    case OpKind::tanh:
        return make(UnaryFunction::tanh);
    case OpKind::relu:
        return clamp(Activation::relu);
    case OpKind::relu6:
        return clamp(Activation::relu6);
    default:
        return clamp(Activation::relu_n1_to_1);
    }
}

std::unique_ptr<Layer> make_reshape(const Graph &graph, const Operator &op) {
    return std::make_unique<Reshape>(graph, op);
}

} // namespace octet::floats
