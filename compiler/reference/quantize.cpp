#include "compiler/reference/quantize.h"

#include "compiler/reference/interpreter.h"
#include "compiler/reference/lookup_table.h"

#include <algorithm>
#include <cmath>

namespace octet::reference {

StoredRange stored_range(const Tensor &tensor) {
    const auto [lowest, highest] = activation_range(Activation::none, tensor);
    return {tensor.quantization.scale(), tensor.quantization.zero_point(), lowest, highest};
}

int32_t quantize_value(const StoredRange &output, Rounding rounding, float real) {
    const float steps = real / output.scale;
    const float rounded = rounding == Rounding::float32 ? std::nearbyint(steps) : std::round(steps);
    const float lowest = float(output.lowest - output.zero_point);
    const float highest = float(output.highest - output.zero_point);
    // In this order a NaN fails the first comparison and becomes the lowest value.
    const float clamped = rounded > lowest ? std::min(rounded, highest) : lowest;
    return int32_t(clamped) + output.zero_point;
}

float dequantize_value(const StoredRange &input, int32_t stored) {
    return input.scale * float(stored - input.zero_point);
}

RequantizeParameters requantize_parameters(const Tensor &input, const Tensor &output,
                                           Rounding rounding) {
    RequantizeParameters result{stored_range(input), stored_range(output), rounding, {}};
    result.multiplier =
        quantize_multiplier(double(result.input.scale) / double(result.output.scale));
    return result;
}

int32_t requantize_value(const RequantizeParameters &parameters, int32_t stored) {
    const StoredRange &input = parameters.input, &output = parameters.output;
    if (parameters.rounding == Rounding::float32)
        return quantize_value(output, parameters.rounding, dequantize_value(input, stored));
    const int64_t value =
        int64_t(multiply_double_rounding(stored - input.zero_point, parameters.multiplier)) +
        output.zero_point;
    return int32_t(std::clamp<int64_t>(value, output.lowest, output.highest));
}

void quantize(const Operands &operands) {
    if (operands.input_tensor(0).dtype != DType::f32)
        return apply_stored_function(operands);
    const StoredRange output = stored_range(operands.output_tensor());
    const auto values = operands.input<float>(0);
    for (size_t i = 0; i < values.size(); ++i)
        operands.store_quantized(int64_t(i),
                                 quantize_value(output, operands.op().rounding, values[i]));
}

void dequantize(const Operands &operands) {
    const StoredRange input = stored_range(operands.input_tensor(0));
    const auto output = operands.output<float>();
    for (size_t i = 0; i < output.size(); ++i)
        output[i] = dequantize_value(input, operands.quantized_input(0, int64_t(i)));
}

} // namespace octet::reference
