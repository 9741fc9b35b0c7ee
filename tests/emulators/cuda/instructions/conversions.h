// What conversions of integers and of floating-point numbers share: registers that are wider than
// the type in them.
#pragma once

#include "../ptx/decoder.h"

namespace octet::ptx {

/// A conversion's types and the widths of its registers, packed into Instruction::option.
struct Conversion {
    Type from;
    int from_bits;
    Type to;
    int to_bits;
};

constexpr int conversion_saturates = 1 << 24;
constexpr int conversion_flushes = 1 << 25;
constexpr int conversion_mode_shift = 26; ///< 0 to 3: nearest, towards zero, down, up.

inline int pack_conversion(const Conversion &c) {
    auto half = [](Type type, int bits) {
        return static_cast<int>(type.kind) | type.bits / 8 << 3 | bits / 8 << 7;
    };
    return half(c.from, c.from_bits) | half(c.to, c.to_bits) << 12;
}

inline Conversion unpack_conversion(int option) {
    auto type = [](int half) { return Type{static_cast<Kind>(half & 7), (half >> 3 & 15) * 8}; };
    return {type(option), (option >> 7 & 15) * 8, type(option >> 12), (option >> 19 & 15) * 8};
}

/// Reads 32 lanes of a type from a register that may be wider; and writes them.
using IntegerReader = void (*)(const void *from, int64_t *values);
using IntegerWriter = void (*)(void *to, const int64_t *values, Lanes active);
IntegerReader integer_reader(Type type, int register_bits);
IntegerWriter integer_writer(Type type, int register_bits);

/// The nearest value of an integer type.
int64_t saturated(int64_t value, bool is_unsigned_64, Type to);

void decode_float_conversion(Decoder &d);

} // namespace octet::ptx
