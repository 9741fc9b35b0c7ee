// x relu6(x + 3) / 6 in the shapes in which exporters write it becomes HARD_SWISH.
//
// PyTorch writes Mul(x, HardSigmoid(x)), older exporters Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6) and
// TensorFlow's Mul(x, Mul(Clip(Add(x, 3), 0, 6), 1/6)). All are products; what counts is which
// factors they have.
#include "compiler/import/onnx/rewrite.h"

#include "compiler/graph/connections.h"

#include <cmath>
#include <optional>

namespace octet::onnx {

namespace {

/// A product of two tensors and a number.
struct Product {
    std::vector<TensorId> factors;
    double number = 1;
};

class Finder {
public:
    explicit Finder(const Graph &graph) : graph_(graph), connections_(graph) {}

    /// The x of which `tensor` is the hard swish.
    std::optional<TensorId> argument(TensorId tensor) const {
        Product product;
        if (!collect(tensor, 0, product) || product.factors.size() != 2 ||
            std::abs(product.number * 6 - 1) > 1e-5)
            return std::nullopt;
        for (size_t i : {size_t(0), size_t(1)}) {
            const TensorId x = product.factors[i];
            if (is_clamped_sum(product.factors[1 - i], x) &&
                graph_.tensor(x).shape == graph_.tensor(tensor).shape)
                return x;
        }
        return std::nullopt;
    }

private:
    std::optional<float> number(TensorId id) const {
        const Tensor &tensor = graph_.tensor(id);
        if (!tensor.constant() || tensor.dtype != DType::f32 || tensor.elements() != 1)
            return std::nullopt;
        return tensor.values<float>()[0];
    }

    const Operator *written_by(TensorId id, OpKind kind) const {
        const int producer = connections_.producer(id);
        if (producer < 0 || graph_.operators[size_t(producer)].kind != kind)
            return nullptr;
        return &graph_.operators[size_t(producer)];
    }

    /// Factors of `tensor` down to two products below the first one.
    bool collect(TensorId tensor, int depth, Product &product) const {
        if (const std::optional<float> value = number(tensor)) {
            product.number *= double(*value);
            return true;
        }
        const Operator *mul = depth < 3 ? written_by(tensor, OpKind::mul) : nullptr;
        if (!mul) {
            product.factors.push_back(tensor);
            return product.factors.size() <= 2;
        }
        return collect(mul->inputs[0], depth + 1, product) &&
               collect(mul->inputs[1], depth + 1, product);
    }

    bool is_clamped_sum(TensorId tensor, TensorId x) const {
        const Operator *relu6 = written_by(tensor, OpKind::relu6);
        const Operator *add = relu6 ? written_by(relu6->inputs[0], OpKind::add) : nullptr;
        if (!add)
            return false;
        for (size_t i : {size_t(0), size_t(1)})
            if (add->inputs[i] == x && number(add->inputs[1 - i]) == 3.0f)
                return true;
        return false;
    }

    const Graph &graph_;
    const Connections connections_;
};

} // namespace

void fuse_hard_swish(Graph &graph) {
    const Finder finder(graph);
    std::vector<std::pair<size_t, TensorId>> found;
    for (size_t i = 0; i < graph.operators.size(); i++)
        if (graph.operators[i].kind == OpKind::mul)
            if (const auto x = finder.argument(graph.operators[i].outputs[0]))
                found.emplace_back(i, *x);
    for (const auto &[i, x] : found) {
        Operator &op = graph.operators[i];
        op.kind = OpKind::hard_swish;
        op.inputs = {x};
        op.attributes = {};
    }
}

} // namespace octet::onnx
