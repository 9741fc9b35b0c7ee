// setp, set, selp, slct. A predicate register is one word with a bit per lane.
#include "instructions.h"
#include "lanewise.h"

#include <cmath>

namespace octet::ptx {
namespace {

// A comparison of floats is false if an operand is NaN; the unordered ones (ltu, ...) are true
// then.
struct Equal {
    template <class T>
    static bool apply(T a, T b) {
        return a == b;
    }
};
struct NotEqual {
    template <class T>
    static bool apply(T a, T b) {
        return a < b || a > b;
    }
};
struct Less {
    template <class T>
    static bool apply(T a, T b) {
        return a < b;
    }
};
struct LessEqual {
    template <class T>
    static bool apply(T a, T b) {
        return a <= b;
    }
};
struct Greater {
    template <class T>
    static bool apply(T a, T b) {
        return a > b;
    }
};
struct GreaterEqual {
    template <class T>
    static bool apply(T a, T b) {
        return a >= b;
    }
};
template <class Opposite>
struct Unordered {
    template <class T>
    static bool apply(T a, T b) {
        return !Opposite::apply(a, b);
    }
};
struct IsNumber {
    template <class T>
    static bool apply(T a, T b) {
        return a == a && b == b;
    }
};

// How a comparison is combined with a third predicate, and where both results go.
enum Combine { None = 0, WithAnd = 1, WithOr = 2, WithXor = 3 };
constexpr int negated_bit = 4;

Lanes combined(Lanes lanes, Lanes other, int how) {
    switch (how) {
    case WithAnd:
        return lanes & other;
    case WithOr:
        return lanes | other;
    case WithXor:
        return lanes ^ other;
    }
    return lanes;
}

template <class Comparison, class T>
Lanes compare(Warp &warp, Slot left, Slot right) {
    const T *a = warp.lanes<T>(left), *b = warp.lanes<T>(right);
    Lanes result = 0;
    for (int lane = 0; lane < warp_size; lane++)
        result |= static_cast<Lanes>(Comparison::apply(a[lane], b[lane])) << lane;
    return result;
}

// Slots: result, a, b, third predicate, the other result.
template <class Comparison, class T>
void run_setp(Warp &warp, const Instruction &i) {
    const Lanes result = compare<Comparison, T>(warp, i.slot[1], i.slot[2]);
    const int how = i.option & 3;
    Lanes other = how ? warp.predicate(i.slot[3]) : 0;
    if (i.option & negated_bit)
        other = ~other;
    auto store = [&](Slot slot, Lanes lanes) {
        Lanes &to = warp.predicate(slot);
        to = (combined(lanes, other, how) & warp.active) | (to & ~warp.active);
    };
    store(i.slot[0], result);
    if (i.slot[4] != no_slot)
        store(i.slot[4], ~result);
}

// set: all ones or 1.0 where the comparison holds.
template <class Comparison, class T>
void run_set(Warp &warp, const Instruction &i) {
    Lanes result = compare<Comparison, T>(warp, i.slot[1], i.slot[2]);
    const int how = i.option & 3;
    Lanes other = how ? warp.predicate(i.slot[3]) : 0;
    if (i.option & negated_bit)
        other = ~other;
    result = combined(result, other, how);
    const uint32_t yes = i.elements == 2 ? 0x3f800000 : 0xffffffff;
    for_lanes(warp.active, [&](int lane) {
        warp.lanes<uint32_t>(i.slot[0])[lane] = result >> lane & 1 ? yes : 0;
    });
}

// Chooses the handler for a comparison's name; `Run` makes one of a comparison and a type.
template <class Select>
Handler choose(std::string_view comparison, Type type, Select select) {
    auto either = [&](auto comparison_type) {
        auto make = [&]<class T>(As<T>) -> Handler { return select(comparison_type, As<T>{}); };
        return type.is_float() ? for_float(type, make) : for_integer(type, make);
    };
    if (comparison == "eq")
        return either(As<Equal>{});
    if (comparison == "ne")
        return either(As<NotEqual>{});
    if (comparison == "lt" || comparison == "lo")
        return either(As<Less>{});
    if (comparison == "le" || comparison == "ls")
        return either(As<LessEqual>{});
    if (comparison == "gt" || comparison == "hi")
        return either(As<Greater>{});
    if (comparison == "ge" || comparison == "hs")
        return either(As<GreaterEqual>{});
    if (!type.is_float())
        return nullptr;
    if (comparison == "equ")
        return either(As<Unordered<NotEqual>>{});
    if (comparison == "neu")
        return either(As<Unordered<Equal>>{});
    if (comparison == "ltu")
        return either(As<Unordered<GreaterEqual>>{});
    if (comparison == "leu")
        return either(As<Unordered<Greater>>{});
    if (comparison == "gtu")
        return either(As<Unordered<LessEqual>>{});
    if (comparison == "geu")
        return either(As<Unordered<Less>>{});
    if (comparison == "num")
        return either(As<IsNumber>{});
    if (comparison == "nan")
        return either(As<Unordered<IsNumber>>{});
    return nullptr;
}

int take_combination(Decoder &d) {
    return d.opcode.take_one_of({"and", "or", "xor"}) + 1;
}

void take_third(Decoder &d, size_t n) {
    bool negated = false;
    d.instruction.slot[3] = d.predicate(n, negated);
    d.instruction.option |= negated ? negated_bit : 0;
}

void decode_setp(Decoder &d) {
    const std::string comparison = d.opcode.take_first();
    d.instruction.option = take_combination(d);
    d.opcode.take("ftz");
    const Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Compare;
    const size_t sources = d.instruction.option ? 3 : 2;
    const bool pair = d.operands() == sources + 2;
    d.instruction.slot[0] = d.destination(0, 1);
    if (pair)
        d.instruction.slot[4] = d.destination(1, 1);
    d.instruction.slot[1] = d.source(pair + 1, type);
    d.instruction.slot[2] = d.source(pair + 2, type);
    if (sources == 3)
        take_third(d, pair + 3);
    d.instruction.run = choose(
        comparison, type, []<class C, class T>(As<C>, As<T>) -> Handler { return run_setp<C, T>; });
}

void decode_set(Decoder &d) {
    const std::string comparison = d.opcode.take_first();
    d.instruction.option = take_combination(d);
    d.opcode.take("ftz");
    const Type result = d.opcode.take_type(), type = d.opcode.take_type();
    d.instruction.counted_as = Class::Compare;
    d.instruction.slot[0] = d.destination(0, result.bits);
    d.instruction.elements = result.is_float() ? 2 : 1;
    d.instruction.slot[1] = d.source(1, type);
    d.instruction.slot[2] = d.source(2, type);
    if (d.instruction.option)
        take_third(d, 3);
    if (result.bits == 32)
        d.instruction.run = choose(comparison, type, []<class C, class T>(As<C>, As<T>) -> Handler {
            return run_set<C, T>;
        });
}

template <class T>
void run_selp(Warp &warp, const Instruction &i) {
    const T *a = warp.lanes<T>(i.slot[1]), *b = warp.lanes<T>(i.slot[2]);
    T *result = warp.lanes<T>(i.slot[0]);
    const Lanes choice = i.option ? ~warp.predicate(i.slot[3]) : warp.predicate(i.slot[3]);
    const Lanes active = warp.active;
#pragma GCC ivdep
    for (int lane = 0; lane < warp_size; lane++) {
        T value = choice >> lane & 1 ? a[lane] : b[lane];
        result[lane] = active >> lane & 1 ? value : result[lane];
    }
}

void decode_selp(Decoder &d) {
    const Type type = d.opcode.take_type();
    d.instruction.counted_as = Class::Compare;
    take_operands(d, type, 2);
    bool negated = false;
    d.instruction.slot[3] = d.predicate(3, negated);
    d.instruction.option = negated;
    d.instruction.run =
        for_integer({Kind::Bits, type.bits}, []<class T>(As<T>) -> Handler { return run_selp<T>; });
}

// slct: a where the third operand is not negative, else b.
template <class C>
struct SelectBySign {
    template <class T>
    static T apply(T a, T b, C c) {
        return c >= 0 ? a : b;
    }
};

void decode_slct(Decoder &d) {
    d.opcode.take("ftz");
    const Type type = d.opcode.take_type(), sign = d.opcode.take_type();
    d.instruction.counted_as = Class::Compare;
    take_operands(d, type, 2);
    d.instruction.slot[3] = d.source(3, sign);
    d.instruction.run = for_integer({Kind::Bits, type.bits}, [&]<class T>(As<T>) -> Handler {
        if (sign == Type{Kind::Signed, 32})
            return Lanewise<SelectBySign<int32_t>, T, T, T, int32_t>::run;
        if (sign == Type{Kind::Float, 32})
            return Lanewise<SelectBySign<float>, T, T, T, float>::run;
        return nullptr;
    });
}

} // namespace

void add_comparisons(InstructionTable &table) {
    table["setp"] = decode_setp;
    table["set"] = decode_set;
    table["selp"] = decode_selp;
    table["slct"] = decode_slct;
}

} // namespace octet::ptx
