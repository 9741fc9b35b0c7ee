// Gemm and MatMul with constant weights: fully connected.
#include "compiler/import/onnx/elementwise.h"

#include <algorithm>

namespace octet::onnx {

namespace {

/// Weights (c_out, c_in) for an input that a Flatten made from an image: NHWC's elements stay where
/// they are, and the weights' columns follow them.
Tensor permuted_columns(const Tensor &weights, const View &image) {
    Tensor split = weights;
    split.shape = {weights.shape[0]};
    split.shape.insert(split.shape.end(), image.shape.begin() + 1, image.shape.end());
    Axes order = {0};
    for (int axis : image.order)
        if (axis != 0)
            order.push_back(axis);
    Tensor result = permuted(split, order);
    result.shape = weights.shape;
    return result;
}

/// Whether `value` is (batch, elements of an image) with the image's batch outermost in memory.
bool is_flattened_image(const Value &value) {
    if (value.is_constant() || !value.view.base || value.rank() != 2)
        return false;
    const View &base = *value.view.base;
    return base.shape[0] == value.shape()[0] && (base.shape[0] == 1 || base.order[0] == 0);
}

/// Appends a FULLY_CONNECTED of `value` and weights (c_out, c_in); the result has the input's
/// leading dimensions.
Value append(Node &node, const std::string &suffix, const Value &value, Tensor weights,
             const std::optional<Tensor> &bias) {
    Builder &builder = node.builder();
    const int c_out = weights.shape[0], c_in = weights.shape[1];
    if (value.rank() < 1 || value.shape().back() != c_in)
        node.fail("its input is {} and its weights are {} x {}; the input's last extent must be {}",
                  to_string(value.shape()), c_in, c_out, c_in);
    TensorId input = no_tensor;
    FullyConnectedAttributes attributes;
    attributes.keep_dims = value.rank() != 2;
    if (is_flattened_image(value)) {
        input = value.tensor;
        weights = permuted_columns(weights, *value.view.base);
    } else if (value.rank() == 2 && !value.view.base && !value.is_constant() &&
               sequence(value.shape(), value.view.order) == sequence(value.shape(), identity(2))) {
        input = value.tensor; // whatever extents of 1 it has in memory
    } else {
        input = builder.stored(value, identity(value.rank()));
    }
    std::vector<TensorId> inputs = {input, builder.add_constant(std::move(weights))};
    if (bias)
        inputs.push_back(builder.add_constant(*bias));
    Shape shape = value.shape();
    shape.back() = c_out;
    Value result{{shape, identity(shape.size()), nullptr}, no_tensor, std::nullopt};
    result.tensor = builder.emit(OpKind::fully_connected, suffix, inputs, attributes, shape);
    return result;
}

Tensor scaled(const Tensor &constant, float factor) {
    if (factor == 1.0f)
        return constant;
    const Tensor source = real(constant);
    std::vector<float> values(source.values<float>().begin(), source.values<float>().end());
    for (float &value : values)
        value *= factor;
    return constant_of(source.shape, values);
}

/// Gemm's C as a bias of `channels` elements, if it is constant and the same for all rows.
std::optional<Tensor> bias_of(const Node &node, int channels, float beta) {
    if (!node.has_input(2) || !node.input(2).is_constant())
        return std::nullopt;
    const Tensor &c = *node.input(2).constant;
    if (c.elements() == channels && (c.shape.empty() || c.shape.back() == channels)) {
        Tensor bias = scaled(c, beta);
        if (bias.quantization.per_channel())
            bias.quantization.axis = 0;
        bias.shape = {channels};
        return bias;
    }
    if (c.elements() != 1)
        return std::nullopt;
    const float value = real(c).values<float>()[0] * beta;
    return constant_of({channels}, std::vector<float>(size_t(channels), value));
}

} // namespace

void import_gemm(Node &node) {
    node.need_inputs(2, 3);
    Value a = node.input(0);
    const Value &b = node.input(1);
    if (a.rank() != 2 || b.rank() != 2)
        node.fail("its inputs are {} and {}; both must have 2 dimensions", to_string(a.shape()),
                  to_string(b.shape()));
    if (!b.is_constant())
        node.fail("its second input is computed at run time; only constants are supported");
    if (node.integer("transA", 0)) {
        a = a.is_constant() ? constant_value(permuted(*a.constant, {1, 0}))
                            : node.builder().materialized(a);
        if (!a.is_constant())
            a.view = transposed(a.view, {1, 0});
    }
    Tensor weights = *b.constant;
    if (!node.integer("transB", 0))
        weights = permuted(weights, {1, 0});
    weights = scaled(weights, node.number("alpha", 1.0f));
    const float beta = node.number("beta", 1.0f);
    const bool has_bias = node.has_input(2) && beta != 0.0f;
    const std::optional<Tensor> bias =
        has_bias ? bias_of(node, weights.shape[0], beta) : std::nullopt;
    if (!has_bias || bias)
        return node.set_output(append(node, "", a, std::move(weights), bias));
    // What is no bias is added.
    const Value product = append(node, "_product", a, std::move(weights), std::nullopt);
    Value addend = node.input(2);
    if (addend.is_constant())
        addend = constant_value(scaled(*addend.constant, beta));
    else if (beta != 1.0f)
        addend = with_constant(node, OpKind::mul, "_scaled", addend, beta, MulAttributes{});
    node.set_output(binary(node, OpKind::add, "", product, addend, AddAttributes{}));
}

void import_matmul(Node &node) {
    node.need_inputs(2, 2);
    const Value &b = node.input(1);
    Shape shape = b.shape();
    while (shape.size() > 2 && shape[0] == 1 && shape.size() <= node.input(0).rank())
        shape.erase(shape.begin());
    if (!b.is_constant() || shape.empty() || shape.size() > 2)
        node.fail("its second input '{}' is {}; a constant of 1 or 2 dimensions is supported",
                  printable(node.source().input(1)),
                  b.is_constant() ? to_string(b.shape()) : "computed at run time");
    Tensor weights = *b.constant;
    if (weights.quantization.per_channel())
        weights.quantization.axis -= int(weights.shape.size() - shape.size());
    weights.shape = shape;
    // A vector is one column, which the result does not count.
    const bool vector = shape.size() == 1;
    weights = permuted(weights, vector ? Axes{-1, 0} : Axes{1, 0});
    Value result = append(node, "", node.input(0), std::move(weights), std::nullopt);
    if (vector) {
        shape = result.shape();
        shape.pop_back();
        result.view = reshaped(result.view, shape);
    }
    node.set_output(std::move(result));
}

} // namespace octet::onnx
