// Logic, shifts and bit fields. Predicates are one word with a bit per lane, so their logic is one
// operation for the whole warp.
#include "instructions.h"
#include "lanewise.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace octet::ptx {
namespace {

template <class T>
using Unsigned = std::make_unsigned_t<T>;
template <class T>
constexpr unsigned width = sizeof(T) * 8;

struct And {
    template <class T>
    static T apply(T a, T b) {
        return a & b;
    }
};
struct Or {
    template <class T>
    static T apply(T a, T b) {
        return a | b;
    }
};
struct Xor {
    template <class T>
    static T apply(T a, T b) {
        return a ^ b;
    }
};
struct Not {
    template <class T>
    static T apply(T a) {
        return static_cast<T>(~a);
    }
};
struct LogicalNot {
    template <class T>
    static T apply(T a) {
        return a == 0;
    }
};
// Shifts by the width or more give what as many shifts by one would give.
struct ShiftLeft {
    template <class T>
    static T apply(T a, uint32_t by) {
        return by >= width<T> ? T{0} : static_cast<T>(static_cast<Unsigned<T>>(a) << by);
    }
};
struct ShiftRight {
    template <class T>
    static T apply(T a, uint32_t by) {
        const uint32_t most = width<T> - 1;
        if (std::is_signed_v<T>)
            return static_cast<T>(a >> (by > most ? most : by));
        return by > most ? T{0} : static_cast<T>(a >> by);
    }
};
// shf: 64 bits b:a shifted; l keeps the high half, r the low one.
template <bool left, bool clamp>
struct Funnel {
    static uint32_t apply(uint32_t a, uint32_t b, uint32_t by) {
        const uint64_t both = uint64_t{b} << 32 | a;
        const uint32_t shift = clamp ? std::min(by, 32u) : by & 31;
        return static_cast<uint32_t>(left ? both << shift >> 32 : both >> shift);
    }
};
struct ExtractField { // bfe
    template <class T>
    static T apply(T a, uint32_t position, uint32_t length) {
        using U = Unsigned<T>;
        position &= 255;
        length &= 255;
        if (length == 0)
            return 0;
        const uint32_t last = std::min(position + length - 1, width<T> - 1);
        const bool fill = std::is_signed_v<T> && (static_cast<U>(a) >> last & 1);
        const uint32_t have = position >= width<T> ? 0 : std::min(length, width<T> - position);
        const U mask =
            have >= width<T> ? static_cast<U>(~U{0}) : static_cast<U>((U{1} << have) - 1);
        const U field = position >= width<T> ? 0 : static_cast<U>(a) >> position & mask;
        return static_cast<T>(fill ? static_cast<U>(field | static_cast<U>(~mask)) : field);
    }
};
struct InsertField { // bfi
    template <class T>
    static T apply(T a, T b, uint32_t position, uint32_t length) {
        position &= 255;
        length &= 255;
        if (position >= width<T>)
            return b;
        T mask = length >= width<T> ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << length) - 1);
        mask = static_cast<T>(mask << position);
        return static_cast<T>((a << position & mask) | (b & ~mask));
    }
};
struct Permute { // prmt
    static uint32_t apply(uint32_t a, uint32_t b, uint32_t selector) {
        const uint64_t bytes = uint64_t{b} << 32 | a;
        uint32_t result = 0;
        for (int n = 0; n < 4; n++) {
            const uint32_t select = selector >> 4 * n;
            const uint32_t byte = static_cast<uint32_t>(bytes >> 8 * (select & 7)) & 255;
            const uint32_t sign = byte & 0x80 ? 255 : 0;
            result |= (select & 8 ? sign : byte) << 8 * n;
        }
        return result;
    }
};
struct CountOnes {
    template <class T>
    static uint32_t apply(T a) {
        return std::popcount(a);
    }
};
struct CountZeros {
    template <class T>
    static uint32_t apply(T a) {
        return std::countl_zero(a);
    }
};
struct Reverse {
    template <class T>
    static T apply(T a) {
        T result = 0;
        for (unsigned n = 0; n < width<T>; n++)
            result |= (a >> n & 1) << (width<T> - 1 - n);
        return result;
    }
};
template <bool amount>
struct FindHighest { // bfind: of a negative number the highest zero
    template <class T>
    static uint32_t apply(T a) {
        auto u = static_cast<Unsigned<T>>(std::is_signed_v<T> && a < 0 ? ~a : a);
        if (u == 0)
            return 0xffffffff;
        const uint32_t zeros = std::countl_zero(u);
        return amount ? zeros : width<T> - 1 - zeros;
    }
};

template <class Operation>
void run_predicates(Warp &warp, const Instruction &i) {
    const Lanes a = warp.predicate(i.slot[1]), b = warp.predicate(i.slot[2]);
    Lanes &result = warp.predicate(i.slot[0]);
    result = (Operation::apply(a, b) & warp.active) | (result & ~warp.active);
}

void run_predicate_not(Warp &warp, const Instruction &i) {
    Lanes &result = warp.predicate(i.slot[0]);
    result = (~warp.predicate(i.slot[1]) & warp.active) | (result & ~warp.active);
}

// lop3: the function of three bits whose truth table is the constant.
void run_lop3(Warp &warp, const Instruction &i) {
    const uint32_t *a = warp.lanes<uint32_t>(i.slot[1]), *b = warp.lanes<uint32_t>(i.slot[2]),
                   *c = warp.lanes<uint32_t>(i.slot[3]);
    uint32_t *result = warp.lanes<uint32_t>(i.slot[0]);
    for (int lane = 0; lane < warp_size; lane++) {
        uint32_t value = 0;
        for (int term = 0; term < 8; term++)
            if (i.option >> term & 1)
                value |= (term & 4 ? a[lane] : ~a[lane]) & (term & 2 ? b[lane] : ~b[lane]) &
                         (term & 1 ? c[lane] : ~c[lane]);
        result[lane] = warp.active >> lane & 1 ? value : result[lane];
    }
}

template <class Operation>
void decode_logic(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    take_operands(d, type, 2);
    d.instruction.run = type.is_predicate()
                            ? run_predicates<Operation>
                            : for_integer({Kind::Bits, type.bits}, []<class T>(As<T>) -> Handler {
                                  return Lanewise<Operation, T, T, T>::run;
                              });
}

template <class Operation>
void decode_not(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    take_operands(d, type, 1);
    d.instruction.run = type.is_predicate()
                            ? run_predicate_not
                            : for_integer({Kind::Bits, type.bits}, []<class T>(As<T>) -> Handler {
                                  return Lanewise<Operation, T, T>::run;
                              });
}

template <class Operation>
void decode_shift(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    d.instruction.slot[0] = d.destination(0, type.bits);
    d.instruction.slot[1] = d.source(1, type);
    d.instruction.slot[2] = d.source(2, {Kind::Unsigned, 32});
    d.instruction.run = for_integer(
        type, []<class T>(As<T>) -> Handler { return Lanewise<Operation, T, T, uint32_t>::run; });
}

void decode_funnel(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    take_operands(d, type, 3);
    const bool left = d.opcode.take("l"), clamp = d.opcode.take("clamp");
    if ((!left && !d.opcode.take("r")) || (!clamp && !d.opcode.take("wrap")) || type.bits != 32)
        return;
    using W = uint32_t;
    d.instruction.run = left    ? clamp ? Lanewise<Funnel<true, true>, W, W, W, W>::run
                                        : Lanewise<Funnel<true, false>, W, W, W, W>::run
                        : clamp ? Lanewise<Funnel<false, true>, W, W, W, W>::run
                                : Lanewise<Funnel<false, false>, W, W, W, W>::run;
}

void decode_extract(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    d.instruction.slot[0] = d.destination(0, type.bits);
    d.instruction.slot[1] = d.source(1, type);
    d.instruction.slot[2] = d.source(2, {Kind::Unsigned, 32});
    d.instruction.slot[3] = d.source(3, {Kind::Unsigned, 32});
    d.instruction.run = for_integer(type, []<class T>(As<T>) -> Handler {
        return Lanewise<ExtractField, T, T, uint32_t, uint32_t>::run;
    });
}

void decode_insert(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    d.instruction.slot[0] = d.destination(0, type.bits);
    d.instruction.slot[1] = d.source(1, type);
    d.instruction.slot[2] = d.source(2, type);
    d.instruction.slot[3] = d.source(3, {Kind::Unsigned, 32});
    d.instruction.slot[4] = d.source(4, {Kind::Unsigned, 32});
    d.instruction.run = for_integer({Kind::Bits, type.bits}, []<class T>(As<T>) -> Handler {
        return Lanewise<InsertField, T, T, T, uint32_t, uint32_t>::run;
    });
}

void decode_permute(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    take_operands(d, type, 3);
    // Compilers pack vectors whose other parts are undefined by this instruction: bytes of
    // registers that nothing has written come along, and nobody looks at them.
    d.use.reads.clear();
    if (type.bits == 32)
        d.instruction.run = Lanewise<Permute, uint32_t, uint32_t, uint32_t, uint32_t>::run;
}

void decode_lop3(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    take_operands(d, type, 3);
    d.instruction.option = static_cast<int>(d.constant(4));
    if (type.bits == 32)
        d.instruction.run = run_lop3;
}

// Results of 32 bits from operands of 32 or 64.
template <class Operation, bool keeps_sign>
void decode_count(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    d.instruction.slot[0] = d.destination(0, 32);
    d.instruction.slot[1] = d.source(1, type);
    d.instruction.run =
        for_integer(keeps_sign ? type : Type{Kind::Bits, type.bits}, []<class T>(As<T>) -> Handler {
            if constexpr (std::is_signed_v<T> && !keeps_sign)
                return nullptr;
            else
                return Lanewise<Operation, uint32_t, T>::run;
        });
}

void decode_find(Decoder &d) {
    if (d.opcode.take("shiftamt"))
        decode_count<FindHighest<true>, true>(d);
    else
        decode_count<FindHighest<false>, true>(d);
}

void decode_reverse(Decoder &d) {
    Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Integer;
    take_operands(d, type, 1);
    d.instruction.run = for_integer({Kind::Bits, type.bits}, []<class T>(As<T>) -> Handler {
        return Lanewise<Reverse, T, T>::run;
    });
}

} // namespace

void add_bits(InstructionTable &table) {
    table["and"] = decode_logic<And>;
    table["or"] = decode_logic<Or>;
    table["xor"] = decode_logic<Xor>;
    table["not"] = decode_not<Not>;
    table["cnot"] = decode_not<LogicalNot>;
    table["shl"] = decode_shift<ShiftLeft>;
    table["shr"] = decode_shift<ShiftRight>;
    table["shf"] = decode_funnel;
    table["bfe"] = decode_extract;
    table["bfi"] = decode_insert;
    table["bfind"] = decode_find;
    table["prmt"] = decode_permute;
    table["lop3"] = decode_lop3;
    table["popc"] = decode_count<CountOnes, false>;
    table["clz"] = decode_count<CountZeros, false>;
    table["brev"] = decode_reverse;
}

} // namespace octet::ptx
