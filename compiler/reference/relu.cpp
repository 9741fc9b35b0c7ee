#include "compiler/reference/relu.h"

#include "compiler/reference/accumulate.h"
#include "compiler/reference/lookup_table.h"

namespace octet::reference {

Activation activation_of(OpKind kind) {
    switch (kind) {
    case OpKind::relu:
        return Activation::relu;
    case OpKind::relu6:
        return Activation::relu6;
    case OpKind::relu_n1_to_1:
        return Activation::relu_n1_to_1;
    default:
        return Activation::none;
    }
}

RequantizeParameters relu_parameters(const Graph &graph, const Operator &op) {
    const Tensor &input = graph.tensor(op.inputs.at(0)), &output = graph.tensor(op.outputs.at(0));
    RequantizeParameters result = requantize_parameters(input, output, op.rounding);
    std::tie(result.output.lowest, result.output.highest) =
        activation_range(activation_of(op.kind), output);
    if (op.rounding == Rounding::reference)
        result.multiplier = quantize_multiplier(double(result.input.scale / result.output.scale));
    return result;
}

namespace {

void clamp_input(const Operands &operands) {
    if (!operands.is_float())
        return apply_stored_function(operands);
    const auto [lowest, highest] = real_range(activation_of(operands.op().kind));
    const auto in = operands.input<float>(0);
    const auto out = operands.output<float>();
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = std::clamp(in[i], lowest, highest);
}

} // namespace

void relu(const Operands &operands) {
    clamp_input(operands);
}
void relu6(const Operands &operands) {
    clamp_input(operands);
}
void relu_n1_to_1(const Operands &operands) {
    clamp_input(operands);
}

} // namespace octet::reference
