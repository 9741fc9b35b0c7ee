// What convolution, depthwise convolution and fully connected have in common: the end of the sum.
//
//     real:       y = clamp(sum x w + b)
//     quantized:  q = clamp(z_out + requantize[c](sum (x - z_x)(w - z_w) + b)),  b at scale s_x s_w
//
// Float activations beside int8 weights are hybrid.h's.
//
// The operator brings only its loops, written once for float, int32 and, beside 16-bit activations,
// int64.
#pragma once

#include "compiler/reference/fixed_point.h"
#include "compiler/reference/hybrid.h"
#include "compiler/reference/interpreter.h"

#include <algorithm>
#include <limits>

namespace octet::reference {

/// Range of real values that `activation` leaves.
inline std::pair<float, float> real_range(Activation activation) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    switch (activation) {
    case Activation::none:
        return {-infinity, infinity};
    case Activation::relu:
        return {0.0f, infinity};
    case Activation::relu6:
        return {0.0f, 6.0f};
    case Activation::relu_n1_to_1:
        return {-1.0f, 1.0f};
    }
    return {-infinity, infinity};
}

/// The sums of activations that become integers at run time. Elements of the output are in the
/// order of the rows that share a grid.
template <typename Loops>
void accumulate_dynamic(const Operands &operands, Activation activation, Loops &&loops) {
    const auto [lowest, highest] = real_range(activation);
    const DynamicActivations activations = quantize_activations(operands);
    const std::vector<float> &weight_scales = operands.input_tensor(1).quantization.scales;
    const bool has_bias = operands.has_input(2);
    const std::span<const float> bias =
        has_bias ? operands.input<float>(2) : std::span<const float>();
    const std::span<float> output = operands.output<float>();
    const size_t row_elements = output.size() / activations.scales.size();
    loops(activations.centered.data(), operands.centered_input(1).data(),
          [&, lowest = lowest, highest = highest](int64_t position, int channel, int32_t sum) {
              const float scaled =
                  rescale(operands.op(), sum, activations.scales[size_t(position) / row_elements],
                          weight_scales[weight_scales.size() > 1 ? size_t(channel) : 0]);
              const float value = scaled + (has_bias ? bias[size_t(channel)] : 0.0f);
              output[size_t(position)] = std::clamp(value, lowest, highest);
          });
}

/// The bias of output channel `channel`; a file may say any.
inline int64_t bias_of(const Operands &operands, int channel) {
    if (!operands.has_input(2))
        return 0;
    return operands.input_tensor(2).dtype == DType::s64
               ? operands.input<int64_t>(2)[size_t(channel)]
               : operands.input<int32_t>(2)[size_t(channel)];
}

/// Sums of quantized values as T, which hold them exactly; with the bias they wrap where the
/// engines' do.
template <typename T, typename Loops>
void accumulate_integers(const Operands &operands, Activation activation, Loops &&loops) {
    const auto [lowest, highest] = activation_range(activation, operands.output_tensor());
    const int32_t zero_point = operands.output_tensor().quantization.zero_point();
    const std::vector<Requantizer> requantize = requantizers(operands.graph(), operands.op());
    const bool wide = has_wide_accumulator(operands.graph(), operands.op());
    loops(operands.centered_input<T>(0).data(), operands.centered_input<T>(1).data(),
          [&, lowest = lowest, highest = highest](int64_t position, int channel, T sum) {
              const auto with_bias =
                  int64_t(uint64_t(int64_t(sum)) + uint64_t(bias_of(operands, channel)));
              const int64_t accumulator = wide ? with_bias : int32_t(with_bias);
              const int64_t value = int64_t(requantize[size_t(channel)](accumulator)) + zero_point;
              operands.store_quantized(position,
                                       int32_t(std::clamp<int64_t>(value, lowest, highest)));
          });
}

/// Calls loops(input, weights, emit) with the values of inputs 0 and 1, real or less their zero
/// points. The loops call emit(position, channel, sum) once per output element.
template <typename Loops>
void accumulate(const Operands &operands, Activation activation, Loops &&loops) {
    const bool has_bias = operands.has_input(2);
    if (dynamic_input(operands.op()) != DynamicInput::none)
        return accumulate_dynamic(operands, activation, loops);
    if (operands.is_float()) {
        const bool is_mixed = operands.input_tensor(1).dtype != DType::f32;
        const std::vector<float> decoded =
            is_mixed ? dequantized_values(operands.input_tensor(1)) : std::vector<float>();
        const float *weights = is_mixed ? decoded.data() : operands.input<float>(1).data();
        const auto [lowest, highest] = real_range(activation);
        const std::span<const float> bias =
            has_bias ? operands.input<float>(2) : std::span<const float>();
        const std::span<float> output = operands.output<float>();
        loops(operands.input<float>(0).data(), weights,
              [&, lowest = lowest, highest = highest](int64_t position, int channel, float sum) {
                  const float value = sum + (has_bias ? bias[size_t(channel)] : 0.0f);
                  output[size_t(position)] = std::clamp(value, lowest, highest);
              });
        return;
    }
    if (operands.input_tensor(0).dtype == DType::s16)
        return accumulate_integers<int64_t>(operands, activation, loops);
    accumulate_integers<int32_t>(operands, activation, loops);
}

} // namespace octet::reference
