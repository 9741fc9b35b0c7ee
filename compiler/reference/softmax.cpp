#include "compiler/reference/softmax.h"

#include "compiler/reference/interpreter.h"
#include "compiler/reference/softmax_16.h"
#include "compiler/reference/transcendental.h"
#include "compiler/support/error.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace octet::reference {

namespace {

constexpr int difference_bits = 5; // Integer bits of beta s d.
constexpr int sum_bits = 12;       // Integer bits of the sum.

void softmax_of_floats(const Operands &operands, int64_t depth) {
    const float beta = operands.op().as<SoftmaxAttributes>().beta;
    const auto in = operands.input<float>(0);
    const auto out = operands.output<float>();
    for (size_t row = 0; row < in.size(); row += size_t(depth)) {
        const float largest = *std::max_element(&in[row], &in[row] + depth);
        float sum = 0;
        for (size_t i = row; i < row + size_t(depth); ++i)
            sum += out[i] = std::exp((in[i] - largest) * beta);
        for (size_t i = row; i < row + size_t(depth); ++i)
            out[i] /= sum;
    }
}

} // namespace

SoftmaxParameters softmax_parameters(const Graph &graph, const Operator &op) {
    const Tensor &input = graph.tensor(op.inputs.at(0));
    // The largest element adds 1; 2^12 of them overflow the sum, and TensorFlow Lite aborts.
    if (input.shape.back() >= 1 << sum_bits)
        throw Error("{} (softmax): the last axis has {} elements; split it below {}", op.name,
                    input.shape.back(), 1 << sum_bits);
    SoftmaxParameters result;
    result.output = stored_range(graph.tensor(op.outputs.at(0)));
    result.rounding = op.rounding;
    // Very steep inputs are capped: beyond this every element but the largest gives 0 anyway.
    const double step =
        std::min(double(op.as<SoftmaxAttributes>().beta) * double(input.quantization.scale()) *
                     double(1 << (31 - difference_bits)),
                 double((int64_t(1) << 31) - 1));
    const Multiplier multiplier = quantize_multiplier(step);
    const int32_t radius = input_radius(difference_bits, multiplier.shift);
    for (int32_t d = 0; d <= std::min(radius, 255); ++d) {
        const int32_t x = multiply_double_rounding(-d, multiplier);
        const int32_t exponential = exp_on_negative_values(x, difference_bits);
        result.exponentials[size_t(d)] = exponential;
        result.summands[size_t(d)] = rounding_divide_by_pot(exponential, sum_bits);
    }
    return result;
}

SoftmaxRow softmax_row(int32_t sum) {
    // The sum is (1 + x) * 2^(12 - headroom) with x in [0, 1), and x is the bits below its highest.
    const int headroom = std::countl_zero(uint32_t(sum));
    const uint32_t x = (uint32_t(sum) << headroom) & 0x7fffffff;
    return {one_over_one_plus_x(int32_t(x)), sum_bits - headroom + 31 - 8, float(sum)};
}

int32_t softmax_value(const SoftmaxParameters &parameters, const SoftmaxRow &row, int32_t d) {
    const int32_t exponential = parameters.exponentials[size_t(d)];
    const StoredRange &output = parameters.output;
    if (parameters.rounding == Rounding::float32) {
        const float quotient = float(exponential) / row.sum;
        const float steps = std::nearbyint(quotient * (0x1p-12f / output.scale));
        const float highest = float(output.highest - output.zero_point);
        return std::max(int32_t(std::min(steps, highest)) + output.zero_point, output.lowest);
    }
    const int32_t probability = saturating_rounding_doubling_high_mul(row.reciprocal, exponential);
    const int32_t steps = rounding_divide_by_pot(probability, row.shift);
    return std::min(output.lowest + steps, output.highest);
}

void softmax(const Operands &operands) {
    const Tensor &input = operands.input_tensor(0);
    const int64_t depth = input.shape.back();
    if (operands.is_float())
        return softmax_of_floats(operands, depth);
    if (operands.output_tensor().dtype == DType::s16)
        return softmax_16(operands);
    const SoftmaxParameters parameters = softmax_parameters(operands.graph(), operands.op());
    for (int64_t begin = 0; begin < input.elements(); begin += depth) {
        int32_t largest = operands.quantized_input(0, begin);
        for (int64_t i = begin; i < begin + depth; ++i)
            largest = std::max(largest, operands.quantized_input(0, i));
        int32_t sum = 0;
        for (int64_t i = begin; i < begin + depth; ++i)
            sum += parameters.summands[size_t(largest - operands.quantized_input(0, i))];
        const SoftmaxRow row = softmax_row(sum);
        for (int64_t i = begin; i < begin + depth; ++i) {
            const int32_t d = largest - operands.quantized_input(0, i);
            operands.store_quantized(i, softmax_value(parameters, row, d));
        }
    }
}

} // namespace octet::reference
