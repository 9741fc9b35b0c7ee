// Operators of one operand: activations, and what does nothing to the values.
#include "compiler/import/onnx/elementwise.h"

#include <cmath>
#include <limits>

namespace octet::onnx {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

void import_unary(Node &node, OpKind kind, Attributes attributes = {}) {
    node.need_inputs(1, 1);
    node.set_output(unary(node, kind, "", node.input(0), std::move(attributes)));
}

/// A bound of Clip: an attribute in old opsets, an optional input in newer ones.
float bound(const Node &node, const char *attribute, size_t i, float otherwise) {
    if (node.opset() < 11)
        return node.number(attribute, otherwise);
    if (!node.has_input(i))
        return otherwise;
    const Tensor value = node.constant(i, attribute);
    if (value.elements() != 1)
        node.fail("its {} is {}; it must be one number", attribute, to_string(value.shape));
    return value.values<float>()[0];
}

} // namespace

Value unary(const Node &node, OpKind kind, const std::string &suffix, const Value &value,
            Attributes attributes) {
    Builder &builder = node.builder();
    Value result = value;
    if (value.is_constant()) {
        result.tensor = builder.stored(value, identity(value.rank()));
        result.constant.reset();
    }
    result.tensor = builder.emit(kind, suffix, {result.tensor}, std::move(attributes),
                                 builder.tensor(result.tensor).shape);
    return result;
}

void import_relu(Node &node) {
    import_unary(node, OpKind::relu);
}
void import_sigmoid(Node &node) {
    import_unary(node, OpKind::logistic);
}
void import_tanh(Node &node) {
    import_unary(node, OpKind::tanh);
}
void import_hard_swish(Node &node) {
    import_unary(node, OpKind::hard_swish);
}
void import_leaky_relu(Node &node) {
    import_unary(node, OpKind::leaky_relu, LeakyReluAttributes{node.number("alpha", 0.01f)});
}

void import_clip(Node &node) {
    node.need_inputs(1, 3);
    const Value &x = node.input(0);
    const float low = bound(node, "min", 1, -infinity), high = bound(node, "max", 2, infinity);
    // Opset 6 writes its unbounded sides as the largest number.
    const bool below = low > std::numeric_limits<float>::lowest();
    const bool above = high < std::numeric_limits<float>::max();
    if (low == 0 && !above)
        return node.set_output(unary(node, OpKind::relu, "", x));
    if (low == 0 && high == 6)
        return node.set_output(unary(node, OpKind::relu6, "", x));
    if (low == -1 && high == 1)
        return node.set_output(unary(node, OpKind::relu_n1_to_1, "", x));
    Value result = x;
    if (below)
        result = with_constant(node, OpKind::maximum, above ? "_low" : "", result, low, {});
    if (above)
        result = with_constant(node, OpKind::minimum, "", result, high, {});
    node.set_output(std::move(result));
}

// max(0, min(1, alpha x + beta)) = relu6(6 alpha x + 6 beta) / 6: every step exists in TFLite. With
// the usual alpha of 1/6 the first does nothing.
void import_hard_sigmoid(Node &node) {
    node.need_inputs(1, 1);
    const float alpha = node.number("alpha", 0.2f), beta = node.number("beta", 0.5f);
    Value value = node.input(0);
    if (std::abs(6 * alpha - 1) > 1e-5f)
        value = with_constant(node, OpKind::mul, "_scaled", value, 6 * alpha, MulAttributes{});
    value = with_constant(node, OpKind::add, "_moved", value, 6 * beta, AddAttributes{});
    value = unary(node, OpKind::relu6, "_clamped", value);
    node.set_output(with_constant(node, OpKind::mul, "", value, 1.0f / 6, MulAttributes{}));
}

// Dropout does nothing outside of training; its mask is ones.
void import_identity(Node &node) {
    if (node.has_output(1) && node.network().readers.count(node.source().output(1)))
        node.fail("its mask is read; export the network for inference");
    const auto is_zero = [&](size_t i) {
        const Value &value = node.input(i);
        return value.is_constant() && value.constant->elements() == 1 &&
               (value.constant->dtype == DType::f32 ? value.constant->values<float>()[0] == 0.0f
                                                    : onnx::integers(*value.constant)[0] == 0);
    };
    if (node.has_input(2) && !is_zero(2) && !(node.has_input(1) && is_zero(1)))
        node.fail("it is in training mode; export the network for inference");
    node.set_output(node.input(0));
}

void import_cast(Node &node) {
    const int64_t to = node.integer("to", 0);
    const bool is_float = to == proto::TensorProto::FLOAT || to == proto::TensorProto::FLOAT16 ||
                          to == proto::TensorProto::DOUBLE || to == proto::TensorProto::BFLOAT16;
    const Value &value = node.input(0);
    if (value.is_constant() || !is_float || node.builder().tensor(value.tensor).dtype != DType::f32)
        node.fail("it converts activations to {}; activations are float32 here",
                  type_name(int(to)));
    node.set_output(value);
}

} // namespace octet::onnx
