#include "compiler/reference/accumulate.h"
#include "compiler/reference/indexing.h"
#include "compiler/reference/quantize.h"

#include <cstring>

namespace octet::reference {

namespace {

/// The clamp of a float element, for the fused activation.
void clamp_floats(const Operands &operands) {
    const auto [lowest, highest] =
        real_range(operands.op().as<ConcatenationAttributes>().activation);
    for (float &value : operands.output<float>())
        value = std::clamp(value, lowest, highest);
}

} // namespace

// Inputs follow one another along the axis. Quantized elements are requantized, where the scales
// differ in their last bits, and clamped.
void concatenation(const Operands &operands) {
    const auto &attributes = operands.op().as<ConcatenationAttributes>();
    const auto axis = size_t(attributes.axis);
    const Tensor &output = operands.output_tensor();
    const size_t size = size_of(output.dtype);
    const auto out = operands.output<uint8_t>();
    int before = 0;
    for (size_t i = 0; i < operands.op().inputs.size(); ++i) {
        const Tensor &input = operands.input_tensor(i);
        const auto in = operands.input<uint8_t>(i);
        RequantizeParameters requantize;
        if (output.quantization.quantized()) {
            requantize = requantize_parameters(input, output, operands.op().rounding);
            std::tie(requantize.output.lowest, requantize.output.highest) =
                activation_range(attributes.activation, output);
        }
        std::vector<int> place(input.shape.size());
        for_each_index(input.shape, [&](auto index, int64_t position) {
            std::copy(index.begin(), index.end(), place.begin());
            place[axis] += before;
            const int64_t to = position_of(place, output.shape);
            if (output.quantization.quantized())
                operands.store_quantized(
                    to, requantize_value(requantize, operands.quantized_input(i, position)));
            else
                std::memcpy(&out[size_t(to) * size], &in[size_t(position) * size], size);
        });
        before += input.shape[axis];
    }
    if (output.dtype == DType::f32)
        clamp_floats(operands);
}

} // namespace octet::reference
