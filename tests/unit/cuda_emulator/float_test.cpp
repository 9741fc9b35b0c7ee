// Comparisons, conversions and floating-point arithmetic: snippets against C++.
#include "snippets.h"

#include <algorithm>
#include <cmath>

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

const std::string to_word = "selp.b32 %d, 1, 0, %p;";

// To a type of 32 bits, by way of double, which has all its values.
template <class T>
T to_integer(double rounded) {
    if (std::isnan(rounded))
        return 0;
    const double low = static_cast<double>(std::numeric_limits<T>::min());
    const double high = static_cast<double>(std::numeric_limits<T>::max());
    return static_cast<T>(std::clamp(rounded, low, high));
}

} // namespace

TEST_CASE("Comparisons and their combinations") {
    Snippets s;
    s.add<i32, i32, i32>("setp.lt.s32 %p, %x, %y;" + to_word, [](i32 x, i32 y) { return x < y; });
    s.add<i32, u32, u32>("setp.hs.u32 %p, %x, %y;" + to_word, [](u32 x, u32 y) { return x >= y; });
    s.add<i32, i64, i64>("setp.ne.s64 %p, %x, %y;" + to_word, [](i64 x, i64 y) { return x != y; });
    s.add<i32, i16, i16>("setp.gt.s16 %p, %x, %y;" + to_word, [](i16 x, i16 y) { return x > y; });
    s.add<i32, i32, i32>("setp.eq.s32 %q, %x, 0; setp.lt.and.s32 %p, %x, %y, !%q;" + to_word,
                         [](i32 x, i32 y) { return x < y && x != 0; });
    s.add<i32, i32, i32>("setp.eq.s32 %q, %x, 0; setp.lt.or.s32 %p|%q, %x, %y, %q;"
                         "xor.pred %p, %p, %q;" +
                             to_word,
                         [](i32 x, i32 y) { return (x < y || x == 0) != (!(x < y) || x == 0); });
    s.add<i32, float, float>("setp.lt.f32 %p, %x, %y;" + to_word,
                             [](float x, float y) { return x < y; });
    s.add<i32, float, float>("setp.neu.f32 %p, %x, %y;" + to_word,
                             [](float x, float y) { return x != y; });
    s.add<i32, float, float>("setp.ne.f32 %p, %x, %y;" + to_word,
                             [](float x, float y) { return x < y || x > y; });
    s.add<i32, float, float>("setp.geu.f32 %p, %x, %y;" + to_word,
                             [](float x, float y) { return !(x < y); });
    s.add<i32, float, float>("setp.nan.f32 %p, %x, %y;" + to_word,
                             [](float x, float y) { return std::isnan(x) || std::isnan(y); });
    s.add<i64, i64, i64>("setp.le.s64 %p, %x, %y; selp.b64 %d, %x, %y, %p;",
                         [](i64 x, i64 y) { return std::min(x, y); });
    s.add<u32, i32, i32>("set.lt.u32.s32 %d, %x, %y;",
                         [](i32 x, i32 y) { return x < y ? ~0u : 0u; });
    s.add<i32, i32, i32, i32>("slct.s32.s32 %d, %x, %y, %z;",
                              [](i32 x, i32 y, i32 z) { return z >= 0 ? x : y; });
    s.check();
}

TEST_CASE("Integer conversions cut, extend and saturate") {
    Snippets s;
    s.add<i32, i16>("cvt.s32.s16 %d, %x;", [](i16 x) { return x; });
    s.add<i32, i8>("cvt.s32.s8 %d, %x;", [](i8 x) { return x; });
    s.add<u64, u32>("cvt.u64.u32 %d, %x;", [](u32 x) { return x; });
    s.add<i64, i32>("cvt.s64.s32 %d, %x;", [](i32 x) { return x; });
    s.add<u32, u64>("cvt.u32.u64 %d, %x;", [](u64 x) { return x; });
    s.add<i32, i32>("cvt.s32.s8 %d, %x;", [](i32 x) { return static_cast<i8>(x); });
    s.add<u16, i32>("cvt.u16.u32 %d, %x;", [](i32 x) { return x; });
    s.add<i8, i32>("cvt.sat.s8.s32 %d, %x;", [](i32 x) { return std::clamp(x, -128, 127); });
    s.add<u8, i32>("cvt.sat.u8.s32 %d, %x;", [](i32 x) { return std::clamp(x, 0, 255); });
    s.add<i32, i64>("cvt.sat.s32.s64 %d, %x;",
                    [](i64 x) { return std::clamp<i64>(x, INT32_MIN, INT32_MAX); });
    s.add<u32, u64>("cvt.sat.u32.u64 %d, %x;", [](u64 x) { return std::min<u64>(x, UINT32_MAX); });
    s.add<u32, i32>("cvt.sat.u32.s32 %d, %x;", [](i32 x) { return std::max(x, 0); });
    s.add<u32, i32, i32, u32>("cvt.pack.sat.s8.s32.b32 %d, %x, %y, %z;", [](i32 x, i32 y, u32 z) {
        const auto a = static_cast<u8>(std::clamp(x, -128, 127));
        const auto b = static_cast<u8>(std::clamp(y, -128, 127));
        return z << 16 | u32{a} << 8 | b;
    });
    s.add<u32, i32, i32>("cvt.pack.sat.s16.s32 %d, %x, %y;", [](i32 x, i32 y) {
        const auto a = static_cast<u16>(std::clamp(x, -32768, 32767));
        const auto b = static_cast<u16>(std::clamp(y, -32768, 32767));
        return u32{a} << 16 | b;
    });
    s.check();
}

TEST_CASE("Conversions between integers and floats round as they say") {
    Snippets s;
    s.add<i32, float>("cvt.rni.s32.f32 %d, %x;",
                      [](float x) { return to_integer<i32>(std::nearbyint(double{x})); });
    s.add<i32, float>("cvt.rzi.s32.f32 %d, %x;",
                      [](float x) { return to_integer<i32>(std::trunc(double{x})); });
    s.add<i32, float>("cvt.rmi.s32.f32 %d, %x;",
                      [](float x) { return to_integer<i32>(std::floor(double{x})); });
    s.add<i32, float>("cvt.rpi.s32.f32 %d, %x;",
                      [](float x) { return to_integer<i32>(std::ceil(double{x})); });
    s.add<u32, float>("cvt.rzi.u32.f32 %d, %x;",
                      [](float x) { return to_integer<u32>(std::trunc(double{x})); });
    s.add<i8, float>("cvt.rni.s8.f32 %d, %x;", [](float x) {
        return std::isnan(x) ? 0.0f : std::clamp(std::nearbyint(x), -128.0f, 127.0f);
    });
    s.add<i32, double>("cvt.rni.s32.f64 %d, %x;",
                       [](double x) { return to_integer<i32>(std::nearbyint(x)); });
    s.add<float, float>("cvt.rni.f32.f32 %d, %x;", [](float x) { return std::nearbyint(x); });
    s.add<float, float>("cvt.rmi.f32.f32 %d, %x;", [](float x) { return std::floor(x); });
    s.add<float, i32>("cvt.rn.f32.s32 %d, %x;", [](i32 x) { return static_cast<float>(x); });
    s.add<float, u32>("cvt.rn.f32.u32 %d, %x;", [](u32 x) { return static_cast<float>(x); });
    s.add<float, i64>("cvt.rn.f32.s64 %d, %x;", [](i64 x) { return static_cast<float>(x); });
    s.add<float, i8>("cvt.rn.f32.s8 %d, %x;", [](i8 x) { return static_cast<float>(x); });
    s.add<double, i32>("cvt.rn.f64.s32 %d, %x;", [](i32 x) { return static_cast<double>(x); });
    s.add<double, float>("cvt.f64.f32 %d, %x;", [](float x) { return static_cast<double>(x); });
    s.add<float, double>("cvt.rn.f32.f64 %d, %x;", [](double x) { return static_cast<float>(x); });
    s.add<float, double>("cvt.rz.f32.f64 %d, %x;", [](double x) {
        float nearest = static_cast<float>(x);
        if (std::isfinite(x) && std::fabs(double{nearest}) > std::fabs(x))
            nearest = std::nextafter(nearest, 0.0f);
        return nearest;
    });
    s.add<float, float>(".reg .b16 %h; cvt.rn.f16.f32 %h, %x; cvt.f32.f16 %d, %h;",
                        [](float x) { return static_cast<float>(static_cast<_Float16>(x)); });
    s.check();
}

TEST_CASE("Floating-point arithmetic is the host's") {
    Snippets s;
    s.add<float, float, float>("add.f32 %d, %x, %y;", [](float x, float y) { return x + y; });
    s.add<float, float, float>("sub.rn.f32 %d, %x, %y;", [](float x, float y) { return x - y; });
    s.add<float, float, float>("mul.f32 %d, %x, %y;", [](float x, float y) { return x * y; });
    s.add<double, double, double>("mul.f64 %d, %x, %y;", [](double x, double y) { return x * y; });
    s.add<float, float, float, float>("fma.rn.f32 %d, %x, %y, %z;",
                                      [](float x, float y, float z) { return std::fma(x, y, z); });
    s.add<float, float, float>("div.rn.f32 %d, %x, %y;", [](float x, float y) { return x / y; });
    s.add<float, float>("rcp.rn.f32 %d, %x;", [](float x) { return 1.0f / x; });
    s.add<float, float>("abs.f32 %x, %x; sqrt.rn.f32 %d, %x;",
                        [](float x) { return std::sqrt(std::fabs(x)); });
    s.add<float, float>("neg.f32 %d, %x;", [](float x) { return -x; });
    s.add<float, float, float>("min.f32 %d, %x, %y;", [](float x, float y) {
        return std::isnan(x)   ? y
               : std::isnan(y) ? x
               : x == y        ? (std::signbit(x) ? x : y)
                               : std::min(x, y);
    });
    s.add<float, float, float>("max.NaN.f32 %d, %x, %y;", [](float x, float y) {
        return std::isnan(x) || std::isnan(y) ? NAN
               : x == y                       ? (std::signbit(x) ? y : x)
                                              : std::max(x, y);
    });
    s.add<float, float, float>("add.sat.f32 %d, %x, %y;", [](float x, float y) {
        const float sum = x + y;
        return sum > 0 ? std::min(sum, 1.0f) : 0.0f;
    });
    // Knuth's two-sum has the error of the nearest sum exactly.
    s.add<float, float, float>("add.rz.f32 %d, %x, %y;", [](float x, float y) {
        const float sum = x + y, part = sum - x;
        const float error = (x - (sum - part)) + (y - part);
        const bool away =
            std::isfinite(sum) && error != 0 && std::signbit(error) != std::signbit(sum);
        return away ? std::nextafter(sum, 0.0f) : sum;
    });
    s.add<float, float>("mul.f32 %d, %x, 0f3F000000;", [](float x) { return x * 0.5f; });
    s.check();
}

TEST_CASE("Moves pack and unpack") {
    Snippets s;
    s.add<u64, u32, u32>("mov.b64 %d, {%x, %y};", [](u64 x, u64 y) { return y << 32 | x; });
    s.add<u32, u64>(".reg .b32 %l; mov.b64 {%l, %d}, %x;", [](u64 x) { return x >> 32; });
    s.add<u32, u16, u16>("mov.b32 %d, {%x, %y};", [](u32 x, u32 y) { return y << 16 | x; });
    s.add<u32>("mov.u32 %d, 0x12345678;", [] { return 0x12345678; });
    s.check();
}
