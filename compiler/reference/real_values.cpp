#include "compiler/reference/real_values.h"

#include "compiler/reference/quantize.h"
#include "compiler/support/error.h"

#include <cstring>

namespace octet::reference {

namespace {

template <typename T>
std::vector<float> reals(const Tensor &tensor, const Bytes &stored) {
    std::vector<float> values(stored.size() / sizeof(T));
    const bool quantized = tensor.quantization.quantized();
    const float scale = quantized ? tensor.quantization.scale() : 1;
    const float zero_point = quantized ? float(tensor.quantization.zero_point()) : 0;
    for (size_t i = 0; i < values.size(); ++i) {
        T value;
        std::memcpy(&value, stored.data() + i * sizeof(T), sizeof(T));
        values[i] = scale * (float(value) - zero_point);
    }
    return values;
}

} // namespace

Bytes to_stored(const Tensor &tensor, std::span<const float> values) {
    if (tensor.dtype == DType::f32) {
        const auto *first = reinterpret_cast<const uint8_t *>(values.data());
        return {first, first + values.size_bytes()};
    }
    const StoredRange range = stored_range(tensor);
    Bytes stored;
    stored.reserve(values.size() * size_of(tensor.dtype));
    for (float value : values) {
        const int32_t element = quantize_value(range, Rounding::float32, value);
        for (size_t byte = 0; byte < size_of(tensor.dtype); ++byte)
            stored.push_back(uint8_t(element >> (8 * byte)));
    }
    return stored;
}

std::vector<float> to_real(const Tensor &tensor, const Bytes &stored) {
    switch (tensor.dtype) {
    case DType::f32:
        return reals<float>(tensor, stored);
    case DType::s8:
        return reals<int8_t>(tensor, stored);
    case DType::u8:
    case DType::boolean:
        return reals<uint8_t>(tensor, stored);
    case DType::s16:
        return reals<int16_t>(tensor, stored);
    case DType::s32:
        return reals<int32_t>(tensor, stored);
    case DType::s64:
        return reals<int64_t>(tensor, stored);
    }
    return {};
}

} // namespace octet::reference
