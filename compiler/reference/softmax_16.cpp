#include "compiler/reference/softmax_16.h"

#include "compiler/reference/quantize.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace octet::reference {

namespace {

constexpr int32_t lowest = std::numeric_limits<int16_t>::min();
constexpr int32_t highest = std::numeric_limits<int16_t>::max();
constexpr int steps = 512;
constexpr int32_t range = highest - lowest;

/// A function at 512 equal steps of a 16-bit argument, and at the end of the last.
using Table = std::array<int16_t, steps + 1>;

template <typename Real>
int16_t clamped(Real value) {
    return int16_t(std::clamp(value, Real(lowest), Real(highest)));
}

/// The function from `first` to `last` in units of 2^-15. Each entry is moved by
/// half of what the straight line to the next one misses in its middle. The order of operations is
/// the engines': Real is double in LiteRT and float in Micro.
template <typename Real, typename Function>
Table make_table(Real first, Real last, Function &&function) {
    const Real unit = Real(2) / range;
    const Real scale = Real(range + 1) / (unit * highest - unit * lowest);
    const Real step = (last - first) / steps, half_step = step / 2;
    Table table{};
    for (int i = 0; i < steps; ++i) {
        const Real here = function(first + i * step), next = function(first + (i + 1) * step);
        const Real entry = std::round(here * scale);
        const Real line = std::round((next * scale + entry) / 2);
        const Real middle = std::round(function(first + i * step + half_step) * scale);
        table[size_t(i)] = clamped<Real>(entry - std::round((line - middle) / 2));
    }
    table[steps] = clamped<Real>(std::round(function(last) * scale));
    return table;
}

struct Tables {
    Table exponentials; ///< exp on [-10, 0]
    Table reciprocals;  ///< 1 / (1 + x) on [0, 1]
};

template <typename Real>
const Tables &tables() {
    static const Tables result = {
        make_table<Real>(Real(10) / range * -range, 0, [](Real x) { return std::exp(x); }),
        make_table<Real>(0, Real(1) / range * range, [](Real x) { return 1 / (1 + x); })};
    return result;
}

int32_t look_up(const Table &table, int32_t argument) {
    const int32_t x = std::clamp(argument, lowest, highest);
    const auto index = size_t((x >> 7) + steps / 2);
    const auto slope = int16_t(table[index + 1] - table[index]);
    return table[index] + ((slope * (x & 0x7f) + 64) >> 7);
}

/// From a difference of stored values to steps of 10 / 65535.
Multiplier argument_multiplier(const Operands &operands) {
    const float scale = operands.input_tensor(0).quantization.scale();
    const float beta = operands.op().as<SoftmaxAttributes>().beta;
    const double product = operands.op().rounding == Rounding::micro ? double(scale) * double(beta)
                                                                     : double(scale * beta);
    return quantize_multiplier(product / (10.0 / range));
}

void fixed_point_rows(const Operands &operands, int64_t depth) {
    const bool micro = operands.op().rounding == Rounding::micro;
    const auto &[exponentials, reciprocals] = micro ? tables<float>() : tables<double>();
    const Multiplier multiplier = argument_multiplier(operands);
    const auto in = operands.input<int16_t>(0);
    const auto out = operands.output<int16_t>();
    for (size_t begin = 0; begin < in.size(); begin += size_t(depth)) {
        const int32_t largest = *std::max_element(&in[begin], &in[begin] + depth);
        std::vector<int32_t> terms(static_cast<size_t>(depth));
        int32_t sum = 0;
        for (size_t i = 0; i < terms.size(); ++i) {
            const int32_t x = multiply_double_rounding(in[begin + i] - largest, multiplier);
            sum += terms[i] = look_up(exponentials, x + highest);
        }
        // The bits below the sum's highest one are x, of which the table takes 16.
        const int headroom = std::countl_zero(uint32_t(sum));
        const int64_t normalized = ((int64_t(sum) << (headroom - 1)) + (1 << 13)) >> 14;
        const int32_t reciprocal =
            look_up(reciprocals, int32_t(normalized) - (1 << 16) - (1 << 15));
        const int shift = 31 - headroom;
        for (size_t i = 0; i < terms.size(); ++i) {
            const int64_t product = int64_t(terms[i]) * reciprocal + (1 << (shift - 1));
            out[begin + i] = int16_t(std::clamp<int64_t>(product >> shift, 0, highest));
        }
    }
}

void real_rows(const Operands &operands, int64_t depth) {
    const float beta = operands.op().as<SoftmaxAttributes>().beta;
    const StoredRange input = stored_range(operands.input_tensor(0));
    const StoredRange output = stored_range(operands.output_tensor());
    const auto in = operands.input<int16_t>(0);
    std::vector<float> terms(static_cast<size_t>(depth));
    for (size_t begin = 0; begin < in.size(); begin += size_t(depth)) {
        const float largest =
            dequantize_value(input, *std::max_element(&in[begin], &in[begin] + depth));
        float sum = 0;
        for (size_t i = 0; i < terms.size(); ++i)
            sum += terms[i] = std::exp((dequantize_value(input, in[begin + i]) - largest) * beta);
        for (size_t i = 0; i < terms.size(); ++i)
            operands.store_quantized(int64_t(begin + i),
                                     quantize_value(output, Rounding::float32, terms[i] / sum));
    }
}

} // namespace

void softmax_16(const Operands &operands) {
    const int64_t depth = operands.input_tensor(0).shape.back();
    if (operands.op().rounding == Rounding::float32)
        real_rows(operands, depth);
    else
        fixed_point_rows(operands, depth);
}

} // namespace octet::reference
