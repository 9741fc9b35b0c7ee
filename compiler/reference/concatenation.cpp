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

/// Stored values of input i as the output stores them: requantized, unless both agree, and clamped.
std::array<uint8_t, 256> stored_bytes(const Operands &operands, size_t i) {
    const Tensor &input = operands.input_tensor(i), &output = operands.output_tensor();
    const auto [lowest, highest] =
        activation_range(operands.op().as<ConcatenationAttributes>().activation, output);
    const RequantizeParameters parameters =
        requantize_parameters(input, output, operands.op().rounding);
    std::array<uint8_t, 256> table{};
    for (int byte = 0; byte < 256; ++byte) {
        const int32_t stored = input.dtype == DType::s8 ? int8_t(uint8_t(byte)) : byte;
        table[size_t(byte)] =
            uint8_t(std::clamp(requantize_value(parameters, stored), lowest, highest));
    }
    return table;
}

} // namespace

// Inputs follow one another along the axis.
void concatenation(const Operands &operands) {
    const auto axis = size_t(operands.op().as<ConcatenationAttributes>().axis);
    const Tensor &output = operands.output_tensor();
    const size_t size = size_of(output.dtype);
    const auto out = operands.output<uint8_t>();
    int before = 0;
    for (size_t i = 0; i < operands.op().inputs.size(); ++i) {
        const Tensor &input = operands.input_tensor(i);
        const auto in = operands.input<uint8_t>(i);
        std::array<uint8_t, 256> table{};
        if (output.quantization.quantized())
            table = stored_bytes(operands, i);
        std::vector<int> place(input.shape.size());
        for_each_index(input.shape, [&](auto index, int64_t position) {
            std::copy(index.begin(), index.end(), place.begin());
            place[axis] += before;
            const auto to = size_t(position_of(place, output.shape)), from = size_t(position);
            if (output.quantization.quantized())
                out[to] = table[in[from]];
            else
                std::memcpy(&out[to * size], &in[from * size], size);
        });
        before += input.shape[axis];
    }
    if (output.dtype == DType::f32)
        clamp_floats(operands);
}

} // namespace octet::reference
