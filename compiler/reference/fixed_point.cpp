#include "compiler/reference/fixed_point.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace octet::reference {

Multiplier quantize_multiplier(double real) {
    if (real == 0)
        return {};
    Multiplier result;
    const double fraction = std::frexp(real, &result.shift);
    int64_t m = int64_t(std::round(fraction * double(int64_t(1) << 31)));
    if (m == int64_t(1) << 31) {
        m /= 2;
        ++result.shift;
    }
    // Every bit of the product would be shifted out.
    if (result.shift < -31)
        return {};
    result.m = int32_t(m);
    return result;
}

int32_t saturating_rounding_doubling_high_mul(int32_t a, int32_t b) {
    constexpr int32_t lowest = std::numeric_limits<int32_t>::min();
    if (a == lowest && b == lowest)
        return std::numeric_limits<int32_t>::max();
    return int32_t((int64_t(a) * b + (int64_t(1) << 30)) >> 31);
}

int32_t rounding_divide_by_pot(int32_t x, int exponent) {
    const int32_t mask = int32_t((int64_t(1) << exponent) - 1);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

int32_t multiply_double_rounding(int32_t x, Multiplier multiplier) {
    const int left = multiplier.shift > 0 ? multiplier.shift : 0;
    const int right = multiplier.shift > 0 ? 0 : -multiplier.shift;
    const int32_t shifted = int32_t(uint32_t(x) << left);
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, multiplier.m),
                                  right);
}

namespace {

/// The int32 nearest to `value`, which holds an integer.
template <typename Real>
int32_t saturate(Real value) {
    if (value >= Real(0x1p31))
        return std::numeric_limits<int32_t>::max();
    if (value < Real(-0x1p31))
        return std::numeric_limits<int32_t>::min();
    return int32_t(value);
}

} // namespace

int32_t multiply_reduced(int64_t x, Multiplier multiplier) {
    const int64_t m = std::min((int64_t(multiplier.m) + (1 << 15)) >> 16, int64_t(0x7fff));
    const int shift = 15 - multiplier.shift;
    return int32_t((x * m + (int64_t(1) << (shift - 1))) >> shift);
}

int32_t multiply_float64(int64_t x, double real) {
    return saturate(std::round(double(x) * real));
}

int32_t multiply_float32(int64_t x, float scale) {
    return saturate(std::nearbyint(float(x) * scale));
}

Requantizer::Requantizer(Kind kind, double real)
    : kind_(kind), real_(kind == Kind::float32 ? double(float(real)) : real) {
    if (kind == Kind::double_rounding || kind == Kind::reduced)
        multiplier_ = quantize_multiplier(real);
}

Requantizer::Requantizer(Kind kind, float input_scale, float weight_scale, float output_scale)
    : Requantizer(kind, kind == Kind::float32
                            ? double(input_scale * weight_scale / output_scale)
                            : double(input_scale) * double(weight_scale) / double(output_scale)) {}

Requantizer::Requantizer(Multiplier multiplier)
    : kind_(Kind::double_rounding), multiplier_(multiplier),
      real_(std::ldexp(double(multiplier.m), multiplier.shift - 31)) {}

Requantizer::Kind requantizer_kind(const Graph &graph, const Operator &op) {
    if (op.rounding == Rounding::float32)
        return Requantizer::Kind::float32;
    if (op.rounding == Rounding::reference && op.kind == OpKind::fully_connected)
        return Requantizer::Kind::float64;
    return has_wide_accumulator(graph, op) ? Requantizer::Kind::reduced
                                           : Requantizer::Kind::double_rounding;
}

bool has_wide_accumulator(const Graph &graph, const Operator &op) {
    return graph.tensor(op.inputs.at(0)).dtype == DType::s16 &&
           (op.input(2) == no_tensor || graph.tensor(op.inputs[2]).dtype == DType::s64);
}

std::vector<Requantizer> requantizers(const Graph &graph, const Operator &op) {
    const Tensor &weights = graph.tensor(op.inputs.at(1));
    const float input_scale = graph.tensor(op.inputs[0]).quantization.scale();
    const float output_scale = graph.tensor(op.outputs.at(0)).quantization.scale();
    const size_t channels =
        size_t(op.kind == OpKind::depthwise_conv2d ? weights.shape.back() : weights.shape.front());
    std::vector<Requantizer> result;
    result.reserve(channels);
    for (size_t c = 0; c < channels; ++c) {
        const float weight_scale =
            weights.quantization.scales[weights.quantization.per_channel() ? c : 0];
        result.emplace_back(requantizer_kind(graph, op), input_scale, weight_scale, output_scale);
    }
    return result;
}

} // namespace octet::reference
