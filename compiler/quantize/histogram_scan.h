// The two loops over every calibrated value, in a form that compilers turn into vector
// instructions: independent lanes, no branches.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace octet::quantize::scan {

/// Of some values. All but `non_finite` have a meaning only where that is 0 and there are values.
struct Moments {
    float min = 0, max = 0;
    double sum = 0, sum_of_squares = 0;
    int64_t zeros = 0, non_finite = 0;
};

inline Moments moments(std::span<const float> values) {
    constexpr size_t lanes = 8;
    if (values.empty())
        return {};
    std::array<float, lanes> min, max;
    std::array<double, lanes> sum{}, squares{};
    std::array<int32_t, lanes> zeros{}, non_finite{};
    min.fill(values[0]);
    max.fill(values[0]);
    const auto take = [&](size_t lane, float value) {
        min[lane] = value < min[lane] ? value : min[lane];
        max[lane] = value > max[lane] ? value : max[lane];
        sum[lane] += double(value);
        squares[lane] += double(value) * double(value);
        zeros[lane] += value == 0;
        const uint32_t exponent = std::bit_cast<uint32_t>(value) & 0x7f800000u;
        non_finite[lane] += exponent == 0x7f800000u;
    };
    size_t i = 0;
    for (; i + lanes <= values.size(); i += lanes)
        for (size_t lane = 0; lane < lanes; lane++)
            take(lane, values[i + lane]);
    for (; i < values.size(); i++)
        take(0, values[i]);
    Moments all{min[0], max[0]};
    for (size_t lane = 0; lane < lanes; lane++) {
        all.min = std::min(all.min, min[lane]);
        all.max = std::max(all.max, max[lane]);
        all.sum += sum[lane];
        all.sum_of_squares += squares[lane];
        all.zeros += zeros[lane];
        all.non_finite += non_finite[lane];
    }
    return all;
}

/// floor(value / 2^exponent) modulo `bins`, a power of two, of finite values whose quotients are
/// less than 2^25. The quotient of a tiny value may underflow to zero and is truncated towards it;
/// comparing the value itself with its bin's lower edge, which is exact, corrects both.
inline void slots(std::span<const float> values, int exponent, int bins, int32_t *result) {
    const float inverse = std::ldexp(1.0f, -exponent), width = std::ldexp(1.0f, exponent);
    for (size_t i = 0; i < values.size(); i++) {
        const auto truncated = int32_t(values[i] * inverse);
        result[i] = (truncated - int32_t(values[i] < float(truncated) * width)) & (bins - 1);
    }
}

} // namespace octet::quantize::scan
