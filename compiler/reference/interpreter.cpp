#include "compiler/reference/interpreter.h"

#include "compiler/support/error.h"

namespace octet::reference {

int32_t Operands::quantized_input(size_t i, int64_t index) const {
    switch (input_tensor(i).dtype) {
    case DType::s8:
        return input<int8_t>(i)[size_t(index)];
    case DType::s16:
        return input<int16_t>(i)[size_t(index)];
    default:
        return input<uint8_t>(i)[size_t(index)];
    }
}

template <typename T>
std::vector<T> Operands::centered_input(size_t i) const {
    const Tensor &tensor = input_tensor(i);
    const Quantization &quantization = tensor.quantization;
    // Elements from one index of the quantization's axis to the next.
    int64_t inner = 1;
    for (size_t axis = tensor.shape.size(); axis-- > size_t(quantization.axis) + 1;)
        inner *= tensor.shape[axis];
    const int64_t channels = int64_t(quantization.zero_points.size());
    std::vector<T> result(size_t(tensor.elements()));
    for (int64_t index = 0; index < tensor.elements(); ++index) {
        const int64_t channel = channels > 1 ? index / inner % channels : 0;
        result[size_t(index)] =
            quantized_input(i, index) - quantization.zero_points[size_t(channel)];
    }
    return result;
}

template std::vector<int32_t> Operands::centered_input(size_t i) const;
template std::vector<int64_t> Operands::centered_input(size_t i) const;

void Operands::store_quantized(int64_t index, int32_t value) const {
    if (output_tensor().dtype == DType::s16)
        output<int16_t>()[size_t(index)] = int16_t(value);
    else
        output<uint8_t>()[size_t(index)] = uint8_t(value);
}

void execute(const Graph &graph, const Operator &op, std::vector<Bytes> &values) {
    static constexpr void (*kernels[])(const Operands &) = {
#define OCTET_OPERATOR(kind, tflite, code) kind,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) kind,
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    for (TensorId output : op.outputs)
        values.at(size_t(output)).resize(graph.tensor(output).bytes());
    kernels[size_t(op.kind)](Operands(graph, op, values));
}

std::vector<Bytes> run(const Graph &graph, const std::vector<Bytes> &inputs,
                       const std::function<void(size_t done, size_t total)> &progress) {
    if (inputs.size() != graph.inputs.size())
        throw Error("{}: {} inputs given; the network has {}", graph.source, inputs.size(),
                    graph.inputs.size());
    std::vector<Bytes> values(graph.tensors.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
        const Tensor &tensor = graph.tensor(graph.inputs[i]);
        if (inputs[i].size() != tensor.bytes())
            throw Error("{}: input {} has {} bytes; '{}' is {} {} and needs {}", graph.source, i,
                        inputs[i].size(), tensor.name, name_of(tensor.dtype),
                        to_string(tensor.shape), tensor.bytes());
        values[size_t(graph.inputs[i])] = inputs[i];
    }
    for (size_t i = 0; i < graph.operators.size(); ++i) {
        execute(graph, graph.operators[i], values);
        if (progress)
            progress(i + 1, graph.operators.size());
    }
    return values;
}

} // namespace octet::reference
