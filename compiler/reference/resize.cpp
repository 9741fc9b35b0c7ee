#include "compiler/reference/resize.h"

#include "compiler/reference/fixed_point.h"
#include "compiler/reference/interpreter.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace octet::reference {

namespace {

constexpr int fraction_bits = 10;
constexpr int32_t unit = 1 << fraction_bits;

/// Two neighbours and the second one's share in real numbers.
struct RealInterpolation {
    int first, second;
    float share;
};

RealInterpolation real_interpolation(const ResizeAttributes &attributes, int index, int in,
                                     int out) {
    const float scale = attributes.align_corners && out > 1 ? float(in - 1) / float(out - 1)
                                                            : float(in) / float(out);
    const float place =
        attributes.half_pixel_centers ? (float(index) + 0.5f) * scale - 0.5f : float(index) * scale;
    const int first = std::clamp(int(std::floor(place)), 0, in - 1);
    const int second = std::clamp(int(std::ceil(place)), first, in - 1);
    return {first, second, place - float(first)};
}

/// Calls pixel(output position, y, x) for every element of the output's plane.
template <typename Pixel>
void for_each_pixel(const Shape &out, Pixel &&pixel) {
    int64_t position = 0;
    for (int n = 0; n < out[0]; ++n)
        for (int y = 0; y < out[1]; ++y)
            for (int x = 0; x < out[2]; ++x, position += out[3])
                pixel(n, y, x, position);
}

/// Position of channel 0 of an image's pixel.
int64_t pixel_position(const Shape &shape, int n, int y, int x) {
    return ((int64_t(n) * shape[1] + y) * shape[2] + x) * shape[3];
}

void interpolate_reals(const Operands &operands) {
    const auto &attributes = operands.op().as<ResizeAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    const auto input = operands.input<float>(0);
    const auto output = operands.output<float>();
    for_each_pixel(out, [&](int n, int y, int x, int64_t position) {
        const auto [y0, y1, dy] = real_interpolation(attributes, y, in[1], out[1]);
        const auto [x0, x1, dx] = real_interpolation(attributes, x, in[2], out[2]);
        for (int c = 0; c < out[3]; ++c) {
            const auto value = [&, c](int row, int column) {
                return input[size_t(pixel_position(in, n, row, column) + c)];
            };
            output[size_t(position + c)] = value(y0, x0) * (1 - dy) * (1 - dx) +
                                           value(y1, x0) * dy * (1 - dx) +
                                           value(y0, x1) * (1 - dy) * dx + value(y1, x1) * dy * dx;
        }
    });
}

} // namespace

int nearest_place(const ResizeAttributes &attributes, int index, int in, int out) {
    const float scale = attributes.align_corners && out > 1 ? float(in - 1) / float(out - 1)
                                                            : float(in) / float(out);
    const float place = (float(index) + (attributes.half_pixel_centers ? 0.5f : 0.0f)) * scale;
    const float whole = attributes.align_corners ? std::round(place) : std::floor(place);
    return std::clamp(int(whole), 0, in - 1);
}

Interpolation interpolation(const ResizeAttributes &attributes, int index, int in, int out) {
    const int64_t scale = attributes.align_corners && out > 1
                              ? (int64_t(unit) * (in - 1) + (out - 1) / 2) / (out - 1)
                              : (int64_t(unit) * in + out / 2) / out;
    int64_t place = index * scale;
    if (attributes.half_pixel_centers)
        place += scale / 2 - unit / 2;
    const int64_t first = std::clamp<int64_t>(place / unit, 0, in - 1);
    const int64_t second = std::clamp<int64_t>((place + unit - 1) / unit, first, in - 1);
    return {int(first), int(second), first == second ? 0 : int32_t(place - first * unit)};
}

int32_t interpolated_value(Rounding rounding, int64_t sum) {
    const double quotient = double(sum) / double(unit * unit);
    return int32_t(rounding == Rounding::float32 ? std::nearbyint(quotient) : std::round(quotient));
}

void resize_nearest(const Operands &operands) {
    const auto &attributes = operands.op().as<ResizeAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    const size_t size = size_of(operands.output_tensor().dtype);
    const auto input = operands.input<uint8_t>(0);
    const auto output = operands.output<uint8_t>();
    for_each_pixel(out, [&](int n, int y, int x, int64_t position) {
        const int64_t from = pixel_position(in, n, nearest_place(attributes, y, in[1], out[1]),
                                            nearest_place(attributes, x, in[2], out[2]));
        std::memcpy(&output[size_t(position) * size], &input[size_t(from) * size],
                    size_t(out[3]) * size);
    });
}

void resize_bilinear(const Operands &operands) {
    if (operands.is_float())
        return interpolate_reals(operands);
    const auto &attributes = operands.op().as<ResizeAttributes>();
    const Shape &in = operands.input_tensor(0).shape, &out = operands.output_tensor().shape;
    for_each_pixel(out, [&](int n, int y, int x, int64_t position) {
        const auto [y0, y1, dy] = interpolation(attributes, y, in[1], out[1]);
        const auto [x0, x1, dx] = interpolation(attributes, x, in[2], out[2]);
        for (int c = 0; c < out[3]; ++c) {
            const auto value = [&, c](int row, int column) {
                return int64_t(operands.quantized_input(0, pixel_position(in, n, row, column) + c));
            };
            const int64_t sum = value(y0, x0) * (unit - dy) * (unit - dx) +
                                value(y1, x0) * dy * (unit - dx) +
                                value(y0, x1) * (unit - dy) * dx + value(y1, x1) * dy * dx;
            operands.store_quantized(position + c, interpolated_value(operands.op().rounding, sum));
        }
    });
}

} // namespace octet::reference
