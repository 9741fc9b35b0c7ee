#include "compiler/reference/lookup_table.h"

#include "compiler/reference/add.h"
#include "compiler/reference/hard_swish.h"
#include "compiler/reference/leaky_relu.h"
#include "compiler/reference/logistic.h"
#include "compiler/reference/mul.h"
#include "compiler/reference/quantize.h"
#include "compiler/reference/relu.h"
#include "compiler/reference/tanh.h"
#include "compiler/support/error.h"

#include <algorithm>

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

/// The stored value of a constant of one element.
int32_t only_value(const Tensor &tensor) {
    return tensor.dtype == DType::s8 ? tensor.values<int8_t>()[0] : tensor.values<uint8_t>()[0];
}

/// Which of two operands varies, the other one being one constant; -1 where both do.
int varying_operand(const Graph &graph, const Operator &op) {
    for (int i = 0; i < 2; ++i) {
        const Tensor &varying = graph.tensor(op.inputs[size_t(i)]);
        const Tensor &other = graph.tensor(op.inputs[size_t(1 - i)]);
        if (!varying.constant() && other.constant() && other.elements() == 1 &&
            varying.elements() == graph.tensor(op.outputs[0]).elements())
            return i;
    }
    return -1;
}

using StoredFunction = std::function<int32_t(int32_t)>;

/// An operator of one operand as a function of its stored elements.
StoredFunction stored_function(const Graph &graph, const Operator &op) {
    const Tensor &input = graph.tensor(op.inputs[0]), &output = graph.tensor(op.outputs[0]);
    switch (op.kind) {
    case OpKind::logistic:
        return [p = logistic_parameters(input, output, op.rounding)](int32_t x) {
            return logistic_value(p, x);
        };
    case OpKind::tanh:
        return [p = tanh_parameters(input, output, op.rounding)](int32_t x) {
            return tanh_value(p, x);
        };
    case OpKind::hard_swish:
        return [p = hard_swish_parameters(input, output, op.rounding)](int32_t x) {
            return hard_swish_value(p, x);
        };
    case OpKind::leaky_relu:
        return [p = leaky_relu_parameters(graph, op)](int32_t x) { return leaky_relu_value(p, x); };
    case OpKind::quantize:
        return [p = requantize_parameters(input, output, op.rounding)](int32_t x) {
            return requantize_value(p, x);
        };
    default:
        return [p = relu_parameters(graph, op)](int32_t x) { return requantize_value(p, x); };
    }
}

/// The table of an operator of two operands.
std::array<uint8_t, 256> table_of_pair(const Graph &graph, const Operator &op) {
    const size_t varying = size_t(lookup_operand(graph, op));
    const Tensor &input = graph.tensor(op.inputs[varying]);
    const int32_t constant = only_value(graph.tensor(op.inputs[1 - varying]));
    // function(a, b) of the operands in their order.
    const auto of_varying = [&](auto &&function) {
        return tabulate(input, [&](int32_t x) {
            return varying == 0 ? function(x, constant) : function(constant, x);
        });
    };
    switch (op.kind) {
    case OpKind::mul: {
        const MulParameters parameters = mul_parameters(graph, op);
        return of_varying([&](int32_t a, int32_t b) { return mul_values(parameters, a, b); });
    }
    case OpKind::prelu: {
        const LeakyReluParameters parameters = leaky_relu_parameters(graph, op);
        return of_varying([&](int32_t a, int32_t b) { return prelu_value(parameters, a, b); });
    }
    case OpKind::minimum:
        return of_varying([](int32_t a, int32_t b) { return std::min(a, b); });
    case OpKind::maximum:
        return of_varying([](int32_t a, int32_t b) { return std::max(a, b); });
    default: {
        const AddParameters parameters = add_parameters(graph, op);
        return of_varying([&](int32_t a, int32_t b) { return add_values(parameters, a, b); });
    }
    }
}

} // namespace

int lookup_operand(const Graph &graph, const Operator &op) {
    const auto bytes = [&](TensorId id) { return size_of(graph.tensor(id).dtype) == 1; };
    switch (op.kind) {
    case OpKind::hard_swish:
    case OpKind::leaky_relu:
    case OpKind::logistic:
    case OpKind::tanh:
    case OpKind::relu:
    case OpKind::relu6:
    case OpKind::relu_n1_to_1:
    case OpKind::quantize:
        return bytes(op.inputs.at(0)) && bytes(op.outputs.at(0)) ? 0 : -1;
    case OpKind::add:
    case OpKind::sub:
    case OpKind::mul:
    case OpKind::prelu:
    case OpKind::minimum:
    case OpKind::maximum:
        return bytes(op.outputs.at(0)) ? varying_operand(graph, op) : -1;
    default:
        return -1;
    }
}

std::array<uint8_t, 256> lookup_table(const Graph &graph, const Operator &op) {
    if (!has_lookup_table(graph, op))
        throw Error("{} ({}): is not a function of one 8-bit value; use its reference kernel",
                    op.name, name_of(op.kind));
    if (op.inputs.size() == 2)
        return table_of_pair(graph, op);
    return tabulate(graph.tensor(op.inputs[0]), stored_function(graph, op));
}

void apply_stored_function(const Operands &operands) {
    const StoredFunction function = stored_function(operands.graph(), operands.op());
    for (int64_t i = 0; i < operands.output_tensor().elements(); ++i)
        operands.store_quantized(i, function(operands.quantized_input(0, i)));
}

} // namespace octet::reference
