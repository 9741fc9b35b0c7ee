// The operators that work element by element, and the conversions.
#include "compiler/export/onnx/writer.h"

namespace octet::onnx_export {

namespace {

std::string binary(Writer &writer, const Operator &op, const char *kind) {
    const size_t rank = writer.output(op).shape.size();
    return writer.file().add_unique(
        kind, {writer.operand(op.inputs[0], rank), writer.operand(op.inputs[1], rank)},
        op.name + "_real");
}

template <typename A>
void write_binary(Writer &writer, const Operator &op, const char *kind) {
    writer.define(op, writer.activate(binary(writer, op, kind), op.as<A>().activation, op.name));
}

void write_unary(Writer &writer, const Operator &op, const char *kind,
                 const NodeAttributes &attributes = {}) {
    writer.define(op, writer.file().add_unique(kind, {writer.real(op.inputs[0])}, op.name + "_real",
                                               attributes));
}

void write_activation(Writer &writer, const Operator &op, Activation activation) {
    writer.define(op, writer.activate(writer.real(op.inputs[0]), activation, op.name));
}

} // namespace

void write_add(Writer &writer, const Operator &op) {
    write_binary<AddAttributes>(writer, op, "Add");
}
void write_sub(Writer &writer, const Operator &op) {
    write_binary<SubAttributes>(writer, op, "Sub");
}
void write_mul(Writer &writer, const Operator &op) {
    write_binary<MulAttributes>(writer, op, "Mul");
}
void write_minimum(Writer &writer, const Operator &op) {
    writer.define(op, binary(writer, op, "Min"));
}
void write_maximum(Writer &writer, const Operator &op) {
    writer.define(op, binary(writer, op, "Max"));
}
void write_prelu(Writer &writer, const Operator &op) {
    writer.define(op, binary(writer, op, "PRelu"));
}

void write_relu(Writer &writer, const Operator &op) {
    write_activation(writer, op, Activation::relu);
}
void write_relu6(Writer &writer, const Operator &op) {
    write_activation(writer, op, Activation::relu6);
}
void write_relu_n1_to_1(Writer &writer, const Operator &op) {
    write_activation(writer, op, Activation::relu_n1_to_1);
}
void write_leaky_relu(Writer &writer, const Operator &op) {
    write_unary(writer, op, "LeakyRelu", {{"alpha", op.as<LeakyReluAttributes>().alpha}});
}
void write_logistic(Writer &writer, const Operator &op) {
    write_unary(writer, op, "Sigmoid");
}
void write_tanh(Writer &writer, const Operator &op) {
    write_unary(writer, op, "Tanh");
}

// x relu6(x + 3) / 6, which has an operator of its own only since opset 14.
void write_hard_swish(Writer &writer, const Operator &op) {
    const std::string x = writer.real(op.inputs[0]);
    const std::string gate = writer.file().add_unique("HardSigmoid", {x}, op.name + "_gate",
                                                      {{"alpha", 1.0f / 6}, {"beta", 0.5f}});
    writer.define(op, writer.file().add_unique("Mul", {x, gate}, op.name + "_real"));
}

void write_softmax(Writer &writer, const Operator &op) {
    const float beta = op.as<SoftmaxAttributes>().beta;
    const size_t rank = writer.input(op).shape.size();
    std::string x = writer.real(op.inputs[0]);
    if (beta != 1)
        x = writer.file().add_unique("Mul", {x, writer.file().reals(op.name + "_beta", {beta})},
                                     op.name + "_scaled");
    writer.define(op, writer.file().add_unique("Softmax", {x}, op.name + "_real",
                                               {{"axis", Writer::axis(int(rank) - 1, rank)}}));
}

// The conversions are in the tensors.
void write_quantize(Writer &writer, const Operator &op) {
    writer.define(op, writer.real(op.inputs[0]));
}
void write_dequantize(Writer &writer, const Operator &op) {
    writer.define(op, writer.real(op.inputs[0]));
}

} // namespace octet::onnx_export
