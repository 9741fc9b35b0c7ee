// Integer arithmetic: add, sub, mul, mad, div, rem, min, max, abs, neg, sad, mul24.
//
// Everything wraps: operands are computed on as unsigned numbers wherever C++ does not define
// signed overflow.
#include "instructions.h"
#include "lanewise.h"

#include <limits>
#include <type_traits>

namespace octet::ptx {
namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
struct TwiceOf;
template <>
struct TwiceOf<uint8_t> {
    using type = uint16_t;
};
template <>
struct TwiceOf<int8_t> {
    using type = int16_t;
};
template <>
struct TwiceOf<uint16_t> {
    using type = uint32_t;
};
template <>
struct TwiceOf<int16_t> {
    using type = int32_t;
};
template <>
struct TwiceOf<uint32_t> {
    using type = uint64_t;
};
template <>
struct TwiceOf<int32_t> {
    using type = int64_t;
};
template <>
struct TwiceOf<uint64_t> {
    __extension__ using type = unsigned __int128;
};
template <>
struct TwiceOf<int64_t> {
    __extension__ using type = __int128;
};
template <class T>
using Twice = typename TwiceOf<T>::type;

struct Add {
    template <class T>
    static T apply(T a, T b) {
        return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b));
    }
};
struct Subtract {
    template <class T>
    static T apply(T a, T b) {
        return static_cast<T>(static_cast<Unsigned<T>>(a) - static_cast<Unsigned<T>>(b));
    }
};
struct AddSaturated {
    static int32_t apply(int32_t a, int32_t b) {
        int64_t sum = int64_t{a} + b;
        return static_cast<int32_t>(sum < INT32_MIN   ? INT32_MIN
                                    : sum > INT32_MAX ? INT32_MAX
                                                      : sum);
    }
};
struct SubtractSaturated {
    static int32_t apply(int32_t a, int32_t b) {
        int64_t sum = int64_t{a} - b;
        return static_cast<int32_t>(sum < INT32_MIN   ? INT32_MIN
                                    : sum > INT32_MAX ? INT32_MAX
                                                      : sum);
    }
};
struct MultiplyLow {
    // Products of 16 bits would be computed as signed int and could overflow it.
    template <class T>
    static T apply(T a, T b) {
        using Wide = std::conditional_t<(sizeof(T) < 4), uint32_t, Unsigned<T>>;
        return static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b));
    }
};
struct MultiplyHigh {
    template <class T>
    static T apply(T a, T b) {
        return static_cast<T>((Twice<T>(a) * Twice<T>(b)) >> (sizeof(T) * 8));
    }
};
struct MultiplyWide {
    template <class T>
    static Twice<T> apply(T a, T b) {
        return static_cast<Twice<T>>(Twice<T>(a) * Twice<T>(b));
    }
};
template <class Multiply>
struct MultiplyAdd {
    template <class T, class C>
    static C apply(T a, T b, C c) {
        return Add::apply(static_cast<C>(Multiply::apply(a, b)), c);
    }
};
struct MultiplyAddSaturated { // mad.hi.sat.s32
    static int32_t apply(int32_t a, int32_t b, int32_t c) {
        return AddSaturated::apply(MultiplyHigh::apply(a, b), c);
    }
};
// 24 bits of each operand; the result is the low or high 32 of 48 bits.
template <bool high>
struct Multiply24 {
    template <class T>
    static T apply(T a, T b) {
        auto part = [](T v) {
            return static_cast<Twice<T>>(static_cast<T>(static_cast<Unsigned<T>>(v) << 8)) >> 8;
        };
        return static_cast<T>((part(a) * part(b)) >> (high ? 16 : 0));
    }
};
// A division by zero has no defined result; a card returns all ones and, as remainder, the
// dividend.
struct Divide {
    template <class T>
    static T apply(T a, T b) {
        if (b == 0)
            return static_cast<T>(-1);
        if (std::is_signed_v<T> && b == static_cast<T>(-1))
            return Subtract::apply(T{0}, a);
        return static_cast<T>(a / b);
    }
};
struct Remainder {
    template <class T>
    static T apply(T a, T b) {
        if (b == 0)
            return a;
        if (std::is_signed_v<T> && b == static_cast<T>(-1))
            return 0;
        return static_cast<T>(a % b);
    }
};
struct Minimum {
    template <class T>
    static T apply(T a, T b) {
        return b < a ? b : a;
    }
};
struct Maximum {
    template <class T>
    static T apply(T a, T b) {
        return a < b ? b : a;
    }
};
struct Negate {
    template <class T>
    static T apply(T a) {
        return Subtract::apply(T{0}, a);
    }
};
struct Absolute {
    template <class T>
    static T apply(T a) {
        return a < 0 ? Subtract::apply(T{0}, a) : a;
    }
};
struct SumOfDifference { // sad
    template <class T>
    static T apply(T a, T b, T c) {
        return Add::apply(c, a < b ? Subtract::apply(b, a) : Subtract::apply(a, b));
    }
};

template <class Operation>
Handler unary(Type type) {
    return for_integer(type,
                       []<class T>(As<T>) -> Handler { return Lanewise<Operation, T, T>::run; });
}
template <class Operation>
Handler binary(Type type) {
    return for_integer(type,
                       []<class T>(As<T>) -> Handler { return Lanewise<Operation, T, T, T>::run; });
}
template <class Operation>
Handler ternary(Type type) {
    return for_integer(
        type, []<class T>(As<T>) -> Handler { return Lanewise<Operation, T, T, T, T>::run; });
}
template <bool with_sum>
Handler wide(Type type) {
    if (type.bits > 32)
        return nullptr;
    return for_integer(type, []<class T>(As<T>) -> Handler {
        if constexpr (sizeof(T) > 4)
            return nullptr;
        else if constexpr (with_sum)
            return Lanewise<MultiplyAdd<MultiplyWide>, Twice<T>, T, T, Twice<T>>::run;
        else
            return Lanewise<MultiplyWide, Twice<T>, T, T>::run;
    });
}

// An opcode of both kinds: floats have their own file.
template <class Integer>
void decode_either(Decoder &d, Integer integer) {
    Type type = d.opcode.take_type();
    if (type.is_float())
        return decode_float(d, type);
    d.instruction.counted_as = Class::Integer;
    integer(type);
}

template <class Operation>
void decode_binary(Decoder &d) {
    decode_either(d, [&](Type type) {
        take_operands(d, type, 2);
        d.instruction.run = binary<Operation>(type);
    });
}

template <class Operation, class Saturated>
void decode_sum(Decoder &d) {
    decode_either(d, [&](Type type) {
        take_operands(d, type, 2);
        d.instruction.run = binary<Operation>(type);
        if (type == Type{Kind::Signed, 32} && d.opcode.take("sat"))
            d.instruction.run = Lanewise<Saturated, int32_t, int32_t, int32_t>::run;
    });
}

template <class Operation>
void decode_unary(Decoder &d) {
    decode_either(d, [&](Type type) {
        take_operands(d, type, 1);
        d.instruction.run = unary<Operation>(type);
    });
}

void decode_multiply(Decoder &d) {
    decode_either(d, [&](Type type) {
        if (d.opcode.take("wide")) {
            d.instruction.slot[0] = d.destination(0, type.bits * 2);
            d.instruction.slot[1] = d.source(1, type);
            d.instruction.slot[2] = d.source(2, type);
            d.instruction.run = wide<false>(type);
            return;
        }
        take_operands(d, type, 2);
        d.instruction.run = d.opcode.take("hi")   ? binary<MultiplyHigh>(type)
                            : d.opcode.take("lo") ? binary<MultiplyLow>(type)
                                                  : nullptr;
    });
}

void decode_multiply_add(Decoder &d) {
    decode_either(d, [&](Type type) {
        if (d.opcode.take("wide")) {
            d.instruction.slot[0] = d.destination(0, type.bits * 2);
            d.instruction.slot[1] = d.source(1, type);
            d.instruction.slot[2] = d.source(2, type);
            d.instruction.slot[3] = d.source(3, {type.kind, type.bits * 2});
            d.instruction.run = wide<true>(type);
            return;
        }
        take_operands(d, type, 3);
        bool high = d.opcode.take("hi");
        if (!high && !d.opcode.take("lo"))
            return;
        if (high && type == Type{Kind::Signed, 32} && d.opcode.take("sat"))
            d.instruction.run =
                Lanewise<MultiplyAddSaturated, int32_t, int32_t, int32_t, int32_t>::run;
        else
            d.instruction.run = high ? ternary<MultiplyAdd<MultiplyHigh>>(type)
                                     : ternary<MultiplyAdd<MultiplyLow>>(type);
    });
}

template <bool with_sum>
void decode_multiply24(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    bool high = d.opcode.take("hi");
    if ((!high && !d.opcode.take("lo")) || type.bits != 32)
        return;
    take_operands(d, type, with_sum ? 3 : 2);
    if (with_sum)
        d.instruction.run = high ? ternary<MultiplyAdd<Multiply24<true>>>(type)
                                 : ternary<MultiplyAdd<Multiply24<false>>>(type);
    else
        d.instruction.run = high ? binary<Multiply24<true>>(type) : binary<Multiply24<false>>(type);
}

void decode_sad(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    take_operands(d, type, 3);
    d.instruction.run = ternary<SumOfDifference>(type);
}

} // namespace

void add_arithmetic(InstructionTable &table) {
    table["add"] = decode_sum<Add, AddSaturated>;
    table["sub"] = decode_sum<Subtract, SubtractSaturated>;
    table["mul"] = decode_multiply;
    table["mad"] = decode_multiply_add;
    table["mul24"] = decode_multiply24<false>;
    table["mad24"] = decode_multiply24<true>;
    table["div"] = decode_binary<Divide>;
    table["rem"] = decode_binary<Remainder>;
    table["min"] = decode_binary<Minimum>;
    table["max"] = decode_binary<Maximum>;
    table["neg"] = decode_unary<Negate>;
    table["abs"] = decode_unary<Absolute>;
    table["sad"] = decode_sad;
}

} // namespace octet::ptx
