// cvt between integers, and cvt.pack; what has a floating-point side is in float_conversions.cpp.
//
// A register may be wider than the type that is converted: the source is its low bits, and the
// result is extended to its register by the sign of its type.
#include "conversions.h"
#include "instructions.h"
#include "lanewise.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace octet::ptx {
namespace {

template <class From, class To>
struct Cut {
    static To apply(From v) { return static_cast<To>(v); }
};

template <class From, class To>
struct Clamp {
    static To apply(From v) {
        using Limits = std::numeric_limits<To>;
        using FromLimits = std::numeric_limits<From>;
        if constexpr (std::cmp_less(FromLimits::min(), Limits::min()))
            v = std::max(v, static_cast<From>(Limits::min()));
        if constexpr (std::cmp_greater(FromLimits::max(), Limits::max()))
            v = std::min(v, static_cast<From>(Limits::max()));
        return static_cast<To>(v);
    }
};

// The low bits of registers of type Register, as values of type T.
template <class T, class Register>
void read_low(const void *from, int64_t *values) {
    const Register *lanes = static_cast<const Register *>(from);
    for (int lane = 0; lane < warp_size; lane++)
        values[lane] = static_cast<int64_t>(static_cast<T>(lanes[lane]));
}

template <class T, class Register>
void write_extended(void *to, const int64_t *values, Lanes active) {
    Register *lanes = static_cast<Register *>(to);
    for (int lane = 0; lane < warp_size; lane++) {
        Register value = static_cast<Register>(static_cast<T>(values[lane]));
        lanes[lane] = active >> lane & 1 ? value : lanes[lane];
    }
}

template <class Function, class Make>
Function for_type_and_register(Type type, int bits, Make make) {
    Function result = nullptr;
    for_integer(type, [&]<class T>(As<T> t) -> Handler {
        for_integer({Kind::Bits, bits}, [&]<class R>(As<R> r) -> Handler {
            if constexpr (sizeof(R) >= sizeof(T))
                result = make(t, r);
            return nullptr;
        });
        return nullptr;
    });
    return result;
}

// Integers in registers wider than themselves, or saturated: by way of 64 bits.
void run_by_way_of_64(Warp &warp, const Instruction &i) {
    const auto [from, from_bits, to, to_bits] = unpack_conversion(i.option);
    int64_t values[warp_size];
    integer_reader(from, from_bits)(warp.lanes<uint8_t>(i.slot[1]), values);
    if (i.option & conversion_saturates) {
        const bool is_large = from == Type{Kind::Unsigned, 64};
        for (int64_t &value : values)
            value = saturated(value, is_large, to);
    }
    integer_writer(to, to_bits)(warp.lanes<uint8_t>(i.slot[0]), values, warp.active);
}

Handler exact(Type from, Type to, bool clamp) {
    return for_integer(from, [&]<class From>(As<From>) -> Handler {
        return for_integer(to, [&]<class To>(As<To>) -> Handler {
            return clamp ? Lanewise<Clamp<From, To>, To, From>::run
                         : Lanewise<Cut<From, To>, To, From>::run;
        });
    });
}

void decode_pack(Decoder &d);

void decode_convert(Decoder &d) {
    Instruction &i = d.instruction;
    i.counted_as = Class::Convert;
    if (d.opcode.take("pack"))
        return decode_pack(d);
    const bool clamp = d.opcode.has("sat");
    Opcode types = d.opcode;
    const Type to = types.take_type(), from = types.take_type();
    if (to.is_float() || from.is_float() || !to.bits || !from.bits)
        return decode_float_conversion(d);
    d.opcode = types;
    d.opcode.take("sat");
    int to_bits = 0, from_bits = 0;
    i.slot[0] = d.wide_destination(0, to, to_bits);
    i.slot[1] = d.wide_source(1, from, from_bits);
    if (to_bits == to.bits && from_bits == from.bits) {
        i.run = exact(from, to, clamp);
        return;
    }
    i.option = pack_conversion({from, from_bits, to, to_bits}) | (clamp ? conversion_saturates : 0);
    i.run = run_by_way_of_64;
}

// cvt.pack.sat.T.s32: a and b saturated to 16 bits; with c, to 8 bits, and c moves up by 16.
template <class T>
void run_pack(Warp &warp, const Instruction &i) {
    const int32_t *a = warp.lanes<int32_t>(i.slot[1]), *b = warp.lanes<int32_t>(i.slot[2]);
    constexpr int bits = sizeof(T) * 8;
    const uint32_t *c = i.slot[3] == no_slot ? nullptr : warp.lanes<uint32_t>(i.slot[3]);
    uint32_t *result = warp.lanes<uint32_t>(i.slot[0]);
    using U = std::make_unsigned_t<T>;
    for (int lane = 0; lane < warp_size; lane++) {
        uint32_t high = static_cast<U>(Clamp<int32_t, T>::apply(a[lane]));
        uint32_t low = static_cast<U>(Clamp<int32_t, T>::apply(b[lane]));
        uint32_t value = high << bits | low;
        if (bits == 8)
            value |= (c ? c[lane] : 0) << 16;
        result[lane] = warp.active >> lane & 1 ? value : result[lane];
    }
}

void decode_pack(Decoder &d) {
    const bool saturates = d.opcode.take("sat");
    const Type to = d.opcode.take_type(), from = d.opcode.take_type();
    d.opcode.take_type();
    Instruction &i = d.instruction;
    i.slot[0] = d.destination(0, 32);
    i.slot[1] = d.source(1, from);
    i.slot[2] = d.source(2, from);
    if (d.operands() > 3)
        i.slot[3] = d.source(3, {Kind::Bits, 32});
    if (!saturates || from != Type{Kind::Signed, 32} || to.bits > 16 ||
        (to.bits == 8) != (d.operands() > 3))
        return;
    i.run = for_integer(to, []<class T>(As<T>) -> Handler {
        if constexpr (sizeof(T) <= 2)
            return run_pack<T>;
        else
            return nullptr;
    });
}

} // namespace

int64_t saturated(int64_t value, bool is_unsigned_64, Type to) {
    if (is_unsigned_64 && value < 0)
        value = INT64_MAX; // Larger than all but the largest type, which nothing narrows.
    if (to.is_signed()) {
        const int64_t most = to.bits == 64 ? INT64_MAX : (int64_t{1} << (to.bits - 1)) - 1;
        return std::clamp(value, -most - 1, most);
    }
    return to.bits == 64 ? std::max<int64_t>(value, 0)
                         : std::clamp<int64_t>(value, 0, (int64_t{1} << to.bits) - 1);
}

IntegerReader integer_reader(Type type, int register_bits) {
    return for_type_and_register<IntegerReader>(
        type, register_bits,
        []<class T, class R>(As<T>, As<R>) -> IntegerReader { return read_low<T, R>; });
}

IntegerWriter integer_writer(Type type, int register_bits) {
    return for_type_and_register<IntegerWriter>(
        type, register_bits,
        []<class T, class R>(As<T>, As<R>) -> IntegerWriter { return write_extended<T, R>; });
}

void add_conversions(InstructionTable &table) {
    table["cvt"] = decode_convert;
}

} // namespace octet::ptx
