#include "compiler/import/onnx/quantize_constants.h"

#include "compiler/import/onnx/values.h"

#include <cmath>
#include <limits>

namespace octet::onnx {

namespace {

/// Quantizers compute the product of two scales in single or in double precision.
constexpr double scale_tolerance = 1e-5;

} // namespace

Tensor with_type(const Tensor &constant, DType dtype) {
    const bool bytes = constant.dtype == DType::s8 || constant.dtype == DType::u8;
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

std::optional<Tensor> quantized_bias(const Tensor &bias, const Quantization &input,
                                     const Quantization &weights, bool &rounded) {
    const size_t channels = size_t(bias.elements());
    const auto scale_of = [&](size_t c) {
        return double(input.scale()) * double(weights.scales[weights.per_channel() ? c : 0]);
    };
    Tensor result = bias;
    result.dtype = DType::s32;
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
    if (same)
        return result;
    const Tensor numbers = real(bias);
    Bytes bytes(channels * sizeof(int32_t));
    auto *stored = reinterpret_cast<int32_t *>(bytes.data());
    for (size_t c = 0; c < channels; c++) {
        const double exact = double(numbers.values<float>()[c]) / scale_of(c);
        if (!(std::abs(exact) < double(std::numeric_limits<int32_t>::max())))
            return std::nullopt;
        stored[c] = int32_t(std::nearbyint(exact));
        rounded = rounded || double(stored[c]) != exact;
    }
    result.data = std::make_shared<const Bytes>(std::move(bytes));
    return result;
}

} // namespace octet::onnx
