#include "compiler/reference/sigmoid_table.h"

#include <array>
#include <cmath>
#include <cstdlib>

namespace octet::reference {

namespace {

constexpr int entries = 256;

/// 2^16 logistic(i / 24). Each entry is raised by half of what the straight line to the next one
/// misses in its middle, so that the line errs to both sides.
std::array<uint16_t, entries> make_table() {
    const auto logistic = [](double i) { return 65536 / (1 + std::exp(-i / 24)); };
    std::array<uint16_t, entries> table{};
    for (int i = 0; i < entries; ++i) {
        const double middle = (logistic(i) + logistic(i + 1)) / 2;
        table[size_t(i)] = uint16_t(std::round(logistic(i) + (logistic(i + 0.5) - middle) / 2));
    }
    table.back() = 65535;
    return table;
}

/// The table at place / 2^bits, in 2^-(16 + bits); `end` from the last entry on.
int32_t interpolate(uint32_t place, int bits, int32_t end) {
    static const std::array<uint16_t, entries> table = make_table();
    const uint32_t index = place >> bits;
    if (index >= entries - 1)
        return end;
    const int32_t share = int32_t(place & ((1u << bits) - 1));
    return (table[index] << bits) + share * (table[index + 1] - table[index]);
}

int32_t place_of(const SigmoidInput &input, int32_t stored) {
    const int32_t half = input.shift > 0 ? 1 << (input.shift - 1) : 0;
    return (stored * input.multiplier + half) >> input.shift;
}

} // namespace

SigmoidInput sigmoid_input(float scale, int most) {
    // Single precision and this tolerance decide in the engines, too.
    const float exponent = std::log(scale) * (1.0f / std::log(2.0f));
    const int left = int(std::round(exponent)) + 12;
    if (std::abs(exponent - std::round(exponent)) < 1e-3f && left >= 0 && left <= most)
        return {3 << left, 0};
    SigmoidInput input;
    double multiplier = double(scale) * 4096.0 * 3.0;
    for (; multiplier <= 32767.0 / 2.0 && input.shift <= 30; ++input.shift)
        multiplier *= 2;
    input.multiplier = int32_t(multiplier);
    return input;
}

int32_t logistic_16(const SigmoidInput &input, int32_t stored) {
    const int32_t place = place_of(input, stored);
    const int32_t result = interpolate(uint32_t(std::abs(place)), 9, 0x7fff << 10);
    const int32_t mirrored = place >= 0 ? result : (1 << 25) - 1 - result;
    return (mirrored + (1 << 9)) >> 10;
}

int32_t tanh_16(const SigmoidInput &input, int32_t stored) {
    const int32_t place = place_of(input, stored);
    const int32_t result = interpolate(uint32_t(std::abs(place)), 8, 0xffff << 8) - (1 << 23);
    const int32_t mirrored = place >= 0 ? result : -1 - result;
    return (mirrored + (1 << 7)) >> 8;
}

} // namespace octet::reference
