// dp4a, dp2a: sums of products of packed bytes, added to 32 bits that wrap.
#include "instructions.h"
#include "lanewise.h"

namespace octet::ptx {
namespace {

// Four bytes of a times four bytes of b.
template <class A, class B>
struct Dot4 {
    static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
        for (int n = 0; n < 4; n++)
            c += static_cast<uint32_t>(static_cast<A>(a >> 8 * n) * static_cast<B>(b >> 8 * n));
        return c;
    }
};

// Two halves of a, of 16 bits, times two bytes of b: the lower or the upper two.
template <class A, class B, bool high>
struct Dot2 {
    static uint32_t apply(uint32_t a, uint32_t b, uint32_t c) {
        for (int n = 0; n < 2; n++)
            c += static_cast<uint32_t>(static_cast<A>(a >> 16 * n)) *
                 static_cast<uint32_t>(static_cast<B>(b >> (8 * n + 16 * high)));
        return c;
    }
};

template <class Operation>
Handler ternary() {
    return Lanewise<Operation, uint32_t, uint32_t, uint32_t, uint32_t>::run;
}

template <bool high>
Handler dot2(bool a_signed, bool b_signed) {
    if (a_signed)
        return b_signed ? ternary<Dot2<int16_t, int8_t, high>>()
                        : ternary<Dot2<int16_t, uint8_t, high>>();
    return b_signed ? ternary<Dot2<uint16_t, int8_t, high>>()
                    : ternary<Dot2<uint16_t, uint8_t, high>>();
}

template <bool four>
void decode_dot(Decoder &d) {
    const Type a = d.opcode.take_type(), b = d.opcode.take_type();
    d.instruction.counted_as = Class::Dot;
    take_operands(d, {Kind::Bits, 32}, 3);
    if (a.bits != 32 || b.bits != 32)
        return;
    if (four) {
        if (a.is_signed())
            d.instruction.run =
                b.is_signed() ? ternary<Dot4<int8_t, int8_t>>() : ternary<Dot4<int8_t, uint8_t>>();
        else
            d.instruction.run = b.is_signed() ? ternary<Dot4<uint8_t, int8_t>>()
                                              : ternary<Dot4<uint8_t, uint8_t>>();
        return;
    }
    if (d.opcode.take("hi"))
        d.instruction.run = dot2<true>(a.is_signed(), b.is_signed());
    else if (d.opcode.take("lo"))
        d.instruction.run = dot2<false>(a.is_signed(), b.is_signed());
}

} // namespace

void add_dot_products(InstructionTable &table) {
    table["dp4a"] = decode_dot<true>;
    table["dp2a"] = decode_dot<false>;
}

} // namespace octet::ptx
