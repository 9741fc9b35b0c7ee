#include "compiler/reference/lookup_table.h"

#include "compiler/reference/hard_swish.h"
#include "compiler/reference/leaky_relu.h"
#include "compiler/reference/logistic.h"
#include "compiler/reference/quantize.h"
#include "compiler/reference/relu.h"
#include "compiler/reference/tanh.h"
#include "compiler/support/error.h"

namespace octet::reference {

namespace {

template <typename Function>
std::array<uint8_t, 256> tabulate(const Tensor &input, Function &&function) {
    std::array<uint8_t, 256> table{};
    for (int byte = 0; byte < 256; ++byte) {
        const int32_t stored = input.dtype == DType::s8 ? int8_t(uint8_t(byte)) : byte;
        table[size_t(byte)] = uint8_t(function(stored));
    }
    return table;
}

} // namespace

bool has_lookup_table(const Graph &graph, const Operator &op) {
    switch (op.kind) {
    case OpKind::hard_swish:
    case OpKind::leaky_relu:
    case OpKind::logistic:
    case OpKind::tanh:
    case OpKind::relu:
    case OpKind::relu6:
    case OpKind::relu_n1_to_1:
    case OpKind::quantize:
        return size_of(graph.tensor(op.inputs.at(0)).dtype) == 1 &&
               size_of(graph.tensor(op.outputs.at(0)).dtype) == 1;
    default:
        return false;
    }
}

std::array<uint8_t, 256> lookup_table(const Graph &graph, const Operator &op) {
    if (!has_lookup_table(graph, op))
        throw Error("{} ({}): is not a function of one 8-bit value; use its reference kernel",
                    op.name, name_of(op.kind));
    const Tensor &input = graph.tensor(op.inputs[0]), &output = graph.tensor(op.outputs[0]);
    if (op.kind == OpKind::logistic) {
        const LogisticParameters parameters = logistic_parameters(input, output, op.rounding);
        return tabulate(input, [&](int32_t x) { return logistic_value(parameters, x); });
    }
    if (op.kind == OpKind::tanh) {
        const TanhParameters parameters = tanh_parameters(input, output, op.rounding);
        return tabulate(input, [&](int32_t x) { return tanh_value(parameters, x); });
    }
    if (op.kind == OpKind::hard_swish) {
        const HardSwishParameters parameters = hard_swish_parameters(input, output, op.rounding);
        return tabulate(input, [&](int32_t x) { return hard_swish_value(parameters, x); });
    }
    if (op.kind == OpKind::leaky_relu) {
        const LeakyReluParameters parameters = leaky_relu_parameters(graph, op);
        return tabulate(input, [&](int32_t x) { return leaky_relu_value(parameters, x); });
    }
    if (op.kind == OpKind::quantize) {
        const RequantizeParameters parameters = requantize_parameters(input, output, op.rounding);
        return tabulate(input, [&](int32_t x) { return requantize_value(parameters, x); });
    }
    const RequantizeParameters parameters = relu_parameters(graph, op);
    return tabulate(input, [&](int32_t x) { return requantize_value(parameters, x); });
}

void apply_lookup_table(const Operands &operands) {
    const std::array<uint8_t, 256> table = lookup_table(operands.graph(), operands.op());
    const auto in = operands.input<uint8_t>(0);
    const auto out = operands.output<uint8_t>();
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = table[in[i]];
}

} // namespace octet::reference
