#include "compiler/reference/hybrid.h"

#include <algorithm>
#include <cmath>

namespace octet::reference {

namespace {

/// The nearest integer, ties away from zero; NaN becomes the lowest.
int32_t rounded(float value, float lowest, float highest) {
    const float nearest = std::round(value);
    return int32_t(nearest > lowest ? std::min(nearest, highest) : lowest);
}

DynamicRow symmetric_row(std::span<const float> values, float least, float greatest) {
    DynamicRow row;
    const float range = std::max(std::abs(least), std::abs(greatest));
    row.scale = range / 127;
    const float inverse = 127 / range;
    for (float value : values)
        row.centered.push_back(rounded(value * inverse, -127, 127));
    return row;
}

/// The zero point that is nearest to an integer at the end where rounding it costs less.
DynamicRow asymmetric_row(std::span<const float> values, float least, float greatest) {
    DynamicRow row;
    const double lo = std::min(0.0f, least), hi = std::max(0.0f, greatest);
    const double scale = (hi - lo) / 255;
    const bool from_least = 128 + std::abs(lo / scale) < 127 + std::abs(hi / scale);
    const double wanted = from_least ? -128 - lo / scale : 127 - hi / scale;
    const auto zero_point = float(std::clamp(std::round(wanted), -128.0, 127.0));
    row.scale = float(scale);
    const auto inverse = float(1.0 / double(row.scale));
    for (float value : values)
        row.centered.push_back(rounded(zero_point + value * inverse, -128, 127) -
                               int32_t(zero_point));
    return row;
}

/// How many rows have grids of their own.
int64_t rows_of(const Operands &operands) {
    const Tensor &input = operands.input_tensor(0);
    return operands.op().kind == OpKind::fully_connected
               ? input.elements() / operands.input_tensor(1).shape[1]
               : input.shape[0];
}

} // namespace

DynamicRow quantize_row(std::span<const float> values, DynamicInput how) {
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    if (*least == 0 && *greatest == 0)
        return {std::vector<int32_t>(values.size(), 0), 1.0f};
    return how == DynamicInput::symmetric ? symmetric_row(values, *least, *greatest)
                                          : asymmetric_row(values, *least, *greatest);
}

DynamicActivations quantize_activations(const Operands &operands) {
    const std::span<const float> input = operands.input<float>(0);
    const int64_t rows = rows_of(operands);
    const size_t length = input.size() / size_t(rows);
    DynamicActivations result;
    for (size_t row = 0; row < size_t(rows); ++row) {
        const DynamicRow quantized =
            quantize_row(input.subspan(row * length, length), dynamic_input(operands.op()));
        result.centered.insert(result.centered.end(), quantized.centered.begin(),
                               quantized.centered.end());
        result.scales.push_back(quantized.scale);
    }
    return result;
}

float rescale(const Operator &op, int32_t sum, float input_scale, float weight_scale) {
    const bool one_by_one =
        op.kind == OpKind::conv2d && dynamic_input(op) == DynamicInput::asymmetric;
    return one_by_one ? float(sum) * weight_scale * input_scale
                      : float(sum) * (weight_scale * input_scale);
}

} // namespace octet::reference
