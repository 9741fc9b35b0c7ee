// Integer arithmetic, logic, shifts, bit fields, packed products: snippets against C++.
#include "snippets.h"

#include <algorithm>
#include <bit>

using namespace octet::test;

namespace {

using i8 = int8_t;
using i16 = int16_t;
using i32 = int32_t;
using i64 = int64_t;
using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;

i64 wide(i32 v) {
    return v;
}
i32 clamp32(i64 v) {
    return static_cast<i32>(std::clamp<i64>(v, INT32_MIN, INT32_MAX));
}

} // namespace

TEST_CASE("Sums and differences wrap or saturate") {
    Snippets s;
    s.add<i32, i32, i32>("add.s32 %d, %x, %y;", [](u32 x, u32 y) { return x + y; });
    s.add<i64, i64, i64>("add.s64 %d, %x, %y;", [](u64 x, u64 y) { return x + y; });
    s.add<u16, u16, u16>("add.u16 %d, %x, %y;", [](u16 x, u16 y) { return x + y; });
    s.add<i32, i32, i32>("add.sat.s32 %d, %x, %y;",
                         [](i32 x, i32 y) { return clamp32(wide(x) + y); });
    s.add<i32, i32, i32>("sub.s32 %d, %x, %y;", [](u32 x, u32 y) { return x - y; });
    s.add<i64, i64, i64>("sub.s64 %d, %x, %y;", [](u64 x, u64 y) { return x - y; });
    s.add<i32, i32, i32>("sub.sat.s32 %d, %x, %y;",
                         [](i32 x, i32 y) { return clamp32(wide(x) - y); });
    s.add<i32, i32>("neg.s32 %d, %x;", [](u32 x) { return 0 - x; });
    s.add<i32, i32>("add.s32 %d, %x, -7;", [](u32 x) { return x - 7; });
    s.add<i32, i32>("abs.s32 %d, %x;", [](u32 x) { return static_cast<i32>(x) < 0 ? 0 - x : x; });
    s.add<u32, u32, u32, u32>("sad.u32 %d, %x, %y, %z;",
                              [](u32 x, u32 y, u32 z) { return z + (x < y ? y - x : x - y); });
    s.check();
}

TEST_CASE("Products: low, high and wide halves, with sums") {
    Snippets s;
    s.add<i32, i32, i32>("mul.lo.s32 %d, %x, %y;", [](u32 x, u32 y) { return x * y; });
    s.add<i64, i64, i64>("mul.lo.s64 %d, %x, %y;", [](u64 x, u64 y) { return x * y; });
    s.add<u16, u16, u16>("mul.lo.u16 %d, %x, %y;", [](u32 x, u32 y) { return x * y; });
    s.add<i32, i32, i32>("mul.hi.s32 %d, %x, %y;", [](i32 x, i32 y) { return wide(x) * y >> 32; });
    s.add<u32, u32, u32>("mul.hi.u32 %d, %x, %y;", [](u64 x, u64 y) { return x * y >> 32; });
    s.add<i64, i64, i64>("mul.hi.s64 %d, %x, %y;", [](i64 x, i64 y) {
        return static_cast<i64>((__extension__ static_cast<__int128>(x) * y) >> 64);
    });
    s.add<i64, i32, i32>("mul.wide.s32 %d, %x, %y;", [](i64 x, i64 y) { return x * y; });
    s.add<u64, u32, u32>("mul.wide.u32 %d, %x, %y;", [](u64 x, u64 y) { return x * y; });
    s.add<i32, i16, i16>("mul.wide.s16 %d, %x, %y;", [](i32 x, i32 y) { return x * y; });
    s.add<i32, i32, i32, i32>("mad.lo.s32 %d, %x, %y, %z;",
                              [](u32 x, u32 y, u32 z) { return x * y + z; });
    s.add<i64, i64, i64, i64>("mad.lo.s64 %d, %x, %y, %z;",
                              [](u64 x, u64 y, u64 z) { return x * y + z; });
    s.add<i64, i32, i32, i64>("mad.wide.s32 %d, %x, %y, %z;", [](i64 x, i64 y, i64 z) {
        return static_cast<u64>(x * y) + static_cast<u64>(z);
    });
    s.add<i32, i32, i32, i32>("mad.hi.s32 %d, %x, %y, %z;", [](i32 x, i32 y, u32 z) {
        return static_cast<u32>(wide(x) * y >> 32) + z;
    });
    s.add<i32, i32, i32>("mul24.lo.s32 %d, %x, %y;", [](i32 x, i32 y) {
        return static_cast<i64>(static_cast<i32>(static_cast<u32>(x) << 8) >> 8) *
               (static_cast<i32>(static_cast<u32>(y) << 8) >> 8);
    });
    s.check();
}

TEST_CASE("Quotients, extremes") {
    Snippets s;
    s.add<i32, i32, i32>("or.b32 %y, %y, 1; div.s32 %d, %x, %y;",
                         [](i32 x, i32 y) { return static_cast<i64>(x) / (y | 1); });
    s.add<u32, u32, u32>("or.b32 %y, %y, 1; div.u32 %d, %x, %y;",
                         [](u32 x, u32 y) { return x / (y | 1); });
    s.add<i32, i32, i32>("or.b32 %y, %y, 1; rem.s32 %d, %x, %y;",
                         [](i32 x, i32 y) { return static_cast<i64>(x) % (y | 1); });
    s.add<u64, u64, u64>("or.b64 %y, %y, 1; rem.u64 %d, %x, %y;",
                         [](u64 x, u64 y) { return x % (y | 1); });
    s.add<i32, i32, i32>("min.s32 %d, %x, %y;", [](i32 x, i32 y) { return std::min(x, y); });
    s.add<u32, u32, u32>("min.u32 %d, %x, %y;", [](u32 x, u32 y) { return std::min(x, y); });
    s.add<i32, i32, i32>("max.s32 %d, %x, %y;", [](i32 x, i32 y) { return std::max(x, y); });
    s.add<i64, i64, i64>("max.s64 %d, %x, %y;", [](i64 x, i64 y) { return std::max(x, y); });
    s.add<i16, i16, i16>("min.s16 %d, %x, %y;", [](i16 x, i16 y) { return std::min(x, y); });
    s.check();
}

TEST_CASE("Logic and shifts") {
    Snippets s;
    s.add<u32, u32, u32>("and.b32 %d, %x, %y;", [](u32 x, u32 y) { return x & y; });
    s.add<u64, u64, u64>("or.b64 %d, %x, %y;", [](u64 x, u64 y) { return x | y; });
    s.add<u16, u16, u16>("xor.b16 %d, %x, %y;", [](u16 x, u16 y) { return x ^ y; });
    s.add<u32, u32>("not.b32 %d, %x;", [](u32 x) { return ~x; });
    s.add<u32, u32>("cnot.b32 %d, %x;", [](u32 x) { return x == 0; });
    s.add<u32, u32, u32>("shl.b32 %d, %x, %y;", [](u32 x, u32 y) { return y > 31 ? 0 : x << y; });
    s.add<u32, u32, u32>("shr.u32 %d, %x, %y;", [](u32 x, u32 y) { return y > 31 ? 0 : x >> y; });
    s.add<i32, i32, u32>("shr.s32 %d, %x, %y;", [](i32 x, u32 y) { return x >> std::min(y, 31u); });
    s.add<i64, i64, u32>("shr.s64 %d, %x, %y;", [](i64 x, u32 y) { return x >> std::min(y, 63u); });
    s.add<i16, i16, u32>("shr.s16 %d, %x, %y;", [](i16 x, u32 y) { return x >> std::min(y, 15u); });
    s.add<u32, u32, u32, u32>("shf.l.wrap.b32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        return ((u64{y} << 32 | x) << (z & 31)) >> 32;
    });
    s.add<u32, u32, u32, u32>("shf.r.clamp.b32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        return (u64{y} << 32 | x) >> std::min(z, 32u);
    });
    s.add<u32, u32, u32, u32>("lop3.b32 %d, %x, %y, %z, 0xd8;", [](u32 x, u32 y, u32 z) {
        u32 result = 0;
        for (int bit = 0; bit < 32; bit++)
            result |= (0xd8u >> ((x >> bit & 1) << 2 | (y >> bit & 1) << 1 | (z >> bit & 1)) & 1)
                      << bit;
        return result;
    });
    s.check();
}

TEST_CASE("Bit fields and counts") {
    Snippets s;
    s.add<u32, u32, u8, u8>("cvt.u32.u8 %t, %y; cvt.u32.u8 %u, %z; bfe.u32 %d, %x, %t, %u;",
                            [](u32 x, u32 y, u32 z) {
                                const u64 shifted = y > 31 ? 0 : x >> y;
                                return z > 31 ? shifted : shifted & ((u64{1} << z) - 1);
                            });
    // The sign is that of the highest bit of the field that the word has.
    s.add<i32, i32, u8, u8>("cvt.u32.u8 %t, %y; cvt.u32.u8 %u, %z; bfe.s32 %d, %x, %t, %u;",
                            [](i32 x, u32 y, u32 z) -> i32 {
                                if (z == 0)
                                    return 0;
                                i32 result = 0;
                                for (u32 bit = 0; bit < 32; bit++) {
                                    const u32 from = bit < z ? y + bit : y + z - 1;
                                    const u32 value = x >> std::min(from, 31u) & 1;
                                    result |= static_cast<i32>(value << bit);
                                }
                                return result;
                            });
    s.add<u32, u32, u32, u8>("cvt.u32.u8 %t, %z; bfi.b32 %d, %x, %y, %t, 9;",
                             [](u32 x, u32 y, u32 z) {
                                 for (u32 bit = 0; bit < 9; bit++)
                                     if (z + bit < 32)
                                         y = (y & ~(1u << (z + bit))) | (x >> bit & 1) << (z + bit);
                                 return y;
                             });
    s.add<u32, u32, u32, u32>("prmt.b32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        u32 result = 0;
        for (int n = 0; n < 4; n++) {
            const u32 select = z >> 4 * n & 15;
            u32 byte = (u64{y} << 32 | x) >> 8 * (select & 7) & 255;
            if (select & 8)
                byte = byte & 0x80 ? 255 : 0;
            result |= byte << 8 * n;
        }
        return result;
    });
    s.add<u32, u32>("popc.b32 %d, %x;", [](u32 x) { return std::popcount(x); });
    s.add<u32, u64>("clz.b64 %d, %x;", [](u64 x) { return std::countl_zero(x); });
    s.add<u32, u32>("brev.b32 %d, %x;", [](u32 x) {
        u32 result = 0;
        for (int bit = 0; bit < 32; bit++)
            result |= (x >> bit & 1) << (31 - bit);
        return result;
    });
    s.add<u32, i32>("bfind.s32 %d, %x;", [](i32 x) {
        const u32 v = x < 0 ? ~x : x;
        return v ? 31 - std::countl_zero(v) : -1;
    });
    s.check();
}

TEST_CASE("Packed dot products") {
    Snippets s;
    s.add<i32, u32, u32, i32>("dp4a.s32.s32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        for (int n = 0; n < 4; n++)
            z += static_cast<i8>(x >> 8 * n) * static_cast<i8>(y >> 8 * n);
        return z;
    });
    s.add<i32, u32, u32, i32>("dp4a.u32.s32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        for (int n = 0; n < 4; n++)
            z += static_cast<u8>(x >> 8 * n) * static_cast<i8>(y >> 8 * n);
        return z;
    });
    s.add<i32, u32, u32, i32>("dp4a.s32.u32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        for (int n = 0; n < 4; n++)
            z += static_cast<i8>(x >> 8 * n) * static_cast<u8>(y >> 8 * n);
        return z;
    });
    s.add<i32, u32, u32, i32>("dp2a.hi.s32.s32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        for (int n = 0; n < 2; n++)
            z += static_cast<i16>(x >> 16 * n) * static_cast<i8>(y >> (8 * n + 16));
        return z;
    });
    s.add<u32, u32, u32, u32>("dp2a.lo.u32.u32 %d, %x, %y, %z;", [](u32 x, u32 y, u32 z) {
        for (int n = 0; n < 2; n++)
            z += static_cast<u16>(x >> 16 * n) * u32{static_cast<u8>(y >> 8 * n)};
        return z;
    });
    s.check();
}
