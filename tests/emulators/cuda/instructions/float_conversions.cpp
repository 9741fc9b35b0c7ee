// cvt with a floating-point side: float, double, half.
//
// Conversions to integers clamp, and NaN becomes zero (for 64 bits the sign bit alone). Half
// precision exists only here and in memory: networks of 8 bits do not compute with it.
#include "conversions.h"
#include "instructions.h"
#include "lanewise.h"
#include "rounding.h"

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace octet::ptx {
namespace {

const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};

template <class T>
T rounded(T v, int mode) {
    switch (mode) {
    case 0:
        return std::nearbyint(v);
    case 1:
        return std::trunc(v);
    case 2:
        return std::floor(v);
    }
    return std::ceil(v);
}

// Clamped in double, where all integers of 32 bits and the powers of two are exact.
template <class To, class From>
To to_integer(From v, int mode) {
    using Limits = std::numeric_limits<To>;
    if (std::isnan(v))
        return sizeof(To) == 8 ? static_cast<To>(uint64_t{1} << 63) : To{0};
    const double r = rounded(static_cast<double>(v), mode);
    if (r >= std::ldexp(1.0, Limits::digits))
        return Limits::max();
    return r < static_cast<double>(Limits::min()) ? Limits::min() : static_cast<To>(r);
}

template <int mode, class From, class To>
struct ToInteger {
    static To apply(From v) { return to_integer<To>(v, mode); }
};

// The common one, without a branch: 2147483648.0f and more saturate, NaN compares as neither.
template <int mode>
struct ToInteger<mode, float, int32_t> {
    static int32_t apply(float v) {
        const float r = rounded(v, mode);
        const float safe = r >= -2147483648.0f && r < 2147483648.0f ? r : 0.0f;
        const int32_t value = static_cast<int32_t>(safe);
        return r >= 2147483648.0f ? INT32_MAX : r < -2147483648.0f ? INT32_MIN : value;
    }
};

template <int mode, class T>
struct Round {
    static T apply(T v) { return rounded(v, mode); }
};

template <class From, class To>
struct Change {
    static To apply(From v) { return static_cast<To>(v); }
};

template <class T>
T flushed(T v) {
    return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(T{0}, v) : v;
}

double read_real(Warp &warp, Slot slot, int bits, int lane) {
    if (bits == 16)
        return static_cast<double>(std::bit_cast<_Float16>(warp.lanes<uint16_t>(slot)[lane]));
    return bits == 32 ? warp.lanes<float>(slot)[lane] : warp.lanes<double>(slot)[lane];
}

template <class T, class From>
T converted(From v, int option) {
    Rounding rounding(modes[option >> conversion_mode_shift & 3]);
    volatile From exact = v;
    volatile T result = static_cast<T>(exact);
    T value = result;
    if (option & conversion_flushes)
        value = static_cast<T>(flushed(static_cast<double>(value)));
    if (option & conversion_saturates)
        value = value > T{0} ? (value < T{1} ? value : T{1}) : T{0};
    return value;
}

template <class From>
void write_real(Warp &warp, const Instruction &i, int lane, From v, int to_bits) {
    if (to_bits == 64)
        warp.lanes<double>(i.slot[0])[lane] = converted<double>(v, i.option);
    else if (to_bits == 32)
        warp.lanes<float>(i.slot[0])[lane] = converted<float>(v, i.option);
    else
        warp.lanes<uint16_t>(i.slot[0])[lane] =
            std::bit_cast<uint16_t>(static_cast<_Float16>(converted<float>(v, i.option)));
}

// All that is not common: one lane at a time.
void run_any(Warp &warp, const Instruction &i) {
    const auto [from, from_bits, to, to_bits] = unpack_conversion(i.option);
    int64_t integers[warp_size] = {};
    if (!from.is_float())
        integer_reader(from, from_bits)(warp.lanes<uint8_t>(i.slot[1]), integers);
    const int mode = i.option >> conversion_mode_shift & 3;
    const bool to_nearest_integer = i.elements == 2;
    for_lanes(warp.active,
              [&, &from = from, &from_bits = from_bits, &to = to, &to_bits = to_bits](int lane) {
                  if (!from.is_float()) {
                      if (from == Type{Kind::Unsigned, 64})
                          write_real(warp, i, lane, static_cast<uint64_t>(integers[lane]), to_bits);
                      else
                          write_real(warp, i, lane, integers[lane], to_bits);
                      return;
                  }
                  double v = read_real(warp, i.slot[1], from_bits, lane);
                  if (i.option & conversion_flushes && from_bits == 32)
                      v = flushed(static_cast<float>(v));
                  if (to.is_float()) {
                      write_real(warp, i, lane, to_nearest_integer ? rounded(v, mode) : v, to_bits);
                      return;
                  }
                  int64_t value = to == Type{Kind::Unsigned, 64}
                                      ? static_cast<int64_t>(to_integer<uint64_t>(v, mode))
                                      : saturated(to_integer<int64_t>(v, mode), false, to);
                  if (std::isnan(v) && to.bits < 64)
                      value = 0;
                  integers[lane] = value;
              });
    if (!to.is_float())
        integer_writer(to, to_bits)(warp.lanes<uint8_t>(i.slot[0]), integers, warp.active);
}

template <int mode>
Handler rounding_to_integer(Type from, Type to) {
    return for_float(from, [&]<class From>(As<From>) -> Handler {
        if (to.is_float())
            return from == to ? Lanewise<Round<mode, From>, From, From>::run : nullptr;
        return for_integer(to, []<class To>(As<To>) -> Handler {
            return Lanewise<ToInteger<mode, From, To>, To, From>::run;
        });
    });
}

Handler fast(Type from, Type to, int integer_mode) {
    switch (integer_mode) {
    case FE_TONEAREST:
        return rounding_to_integer<0>(from, to);
    case FE_TOWARDZERO:
        return rounding_to_integer<1>(from, to);
    case FE_DOWNWARD:
        return rounding_to_integer<2>(from, to);
    case FE_UPWARD:
        return rounding_to_integer<3>(from, to);
    }
    auto make = [&]<class From>(As<From>) -> Handler {
        return for_float(to, []<class To>(As<To>) -> Handler {
            return Lanewise<Change<From, To>, To, From>::run;
        });
    };
    return from.is_float() ? for_float(from, make) : for_integer(from, make);
}

} // namespace

void decode_float_conversion(Decoder &d) {
    Instruction &i = d.instruction;
    const bool clamp = d.opcode.take("sat"), flush = d.opcode.take("ftz");
    const int integer_mode = take_rounding(d.opcode, true);
    const int float_mode = take_rounding(d.opcode, false);
    const Type to = d.opcode.take_type(), from = d.opcode.take_type();
    if (!to.bits || !from.bits)
        d.fail("types of " + d.opcode.text() + " are not supported");
    int to_bits = to.bits, from_bits = from.bits;
    i.slot[0] = to.is_float() ? d.destination(0, to.bits) : d.wide_destination(0, to, to_bits);
    i.slot[1] = from.is_float() ? d.source(1, from) : d.wide_source(1, from, from_bits);
    if (!to.is_float() && integer_mode < 0)
        d.fail("a conversion to an integer needs a rounding");
    const bool plain = !clamp && !flush && to_bits == to.bits && from_bits == from.bits &&
                       to.bits + from.bits >= 16 && !(to.is_float() && to.bits == 16) &&
                       !(from.is_float() && from.bits == 16) &&
                       (float_mode < 0 || float_mode == FE_TONEAREST);
    if (plain)
        i.run = fast(from, to, integer_mode);
    if (i.run)
        return;
    int mode = 0;
    const int asked = integer_mode >= 0 ? integer_mode : std::max(float_mode, 0);
    while (modes[mode] != asked)
        mode++;
    i.option = pack_conversion({from, from_bits, to, to_bits}) | mode << conversion_mode_shift |
               (clamp ? conversion_saturates : 0) | (flush ? conversion_flushes : 0);
    // elements marks a rounding to an integer value inside a floating-point type.
    i.elements = integer_mode >= 0 ? 2 : 1;
    i.run = run_any;
}

} // namespace octet::ptx
