#include "compiler/import/onnx/quantize_constants.h"

#include "compiler/import/onnx/values.h"

#include <cmath>
#include <cstring>

namespace octet::onnx {

namespace {

/// Quantizers compute the product of two scales in single or in double precision.
constexpr double scale_tolerance = 1e-5;

} // namespace

Tensor with_type(const Tensor &constant, DType dtype) {
    const bool bytes = size_of(constant.dtype) == 1 && size_of(dtype) == 1;
    if (!bytes || constant.dtype == dtype)
        return constant;
    Tensor result = constant;
    result.dtype = dtype;
    Bytes moved = *constant.data;
    for (uint8_t &byte : moved)
        byte ^= 0x80;
    result.data = std::make_shared<const Bytes>(std::move(moved));
    for (int32_t &zero_point : result.quantization.zero_points)
        zero_point += dtype == DType::s8 ? -128 : 128;
    return result;
}

std::optional<Tensor> quantized_bias(const Tensor &bias, const Tensor &input,
                                     const Quantization &weights, bool &rounded) {
    const size_t channels = size_t(bias.elements());
    const auto scale_of = [&](size_t c) {
        return double(input.quantization.scale()) *
               double(weights.scales[weights.per_channel() ? c : 0]);
    };
    Tensor result = bias;
    result.dtype = input.dtype == DType::s16 ? DType::s64 : DType::s32;
    result.quantization = {};
    for (size_t c = 0; c < weights.scales.size(); c++) {
        result.quantization.scales.push_back(float(scale_of(c)));
        result.quantization.zero_points.push_back(0);
    }
    const Quantization &own = bias.quantization;
    bool same = bias.dtype == DType::s32 && own.quantized();
    for (size_t c = 0; same && c < channels; c++) {
        const size_t at = own.per_channel() ? c : 0;
        same = own.zero_points[at] == 0 &&
               std::abs(double(own.scales[at]) - scale_of(c)) <= scale_tolerance * scale_of(c);
    }
    if (same && result.dtype == DType::s32)
        return result;
    const Tensor numbers = real(bias);
    // Sums of 64 bits have room for this much.
    const double limit = result.dtype == DType::s64 ? 0x1p46 : 0x1p31 - 1;
    const size_t size = size_of(result.dtype);
    Bytes bytes(channels * size);
    for (size_t c = 0; c < channels; c++) {
        const double exact = double(numbers.values<float>()[c]) / scale_of(c);
        if (!(std::abs(exact) < limit))
            return std::nullopt;
        const auto stored = int64_t(std::nearbyint(exact));
        std::memcpy(&bytes[c * size], &stored, size); // the lower bytes come first
        rounded = rounded || double(stored) != exact;
    }
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

} // namespace octet::onnx
