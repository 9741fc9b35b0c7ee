// What Halide's back end emits for its operations on integers and floats: every expression is
// computed on the host and on the emulator, by Halide's just-in-time compiler, which finds the
// driver itself.
#include <Halide.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <type_traits>

using namespace Halide;

namespace {

constexpr int count = 1000;

// Operands of one type: corner cases and random values.
template <class T>
Buffer<T> operand(unsigned seed, double scale) {
    std::mt19937_64 random(seed);
    Buffer<T> values(count);
    for (int n = 0; n < count; n++) {
        if constexpr (std::is_floating_point_v<T>)
            values(n) =
                static_cast<T>((static_cast<double>(random() >> 11) / (1ull << 53) - 0.5) * scale);
        else
            values(n) = n % 5 == 0   ? std::numeric_limits<T>::min()
                        : n % 5 == 1 ? std::numeric_limits<T>::max()
                                     : static_cast<T>(random());
    }
    return values;
}

struct Operation {
    const char *name;
    std::function<Expr(Expr, Expr)> make;
};

template <class T>
void check(const std::vector<Operation> &operations, double scale = 0) {
    const Buffer<T> a = operand<T>(1, scale), b = operand<T>(2, scale);
    const Target host = get_host_target();
    const Target cuda = host.with_feature(Target::CUDA).with_feature(Target::CUDACapability80);
    Var x("x"), block("block"), thread("thread");
    for (const Operation &operation : operations) {
        INFO(operation.name);
        Func plain("plain"), emulated("emulated");
        plain(x) = operation.make(a(x), b(x));
        emulated(x) = operation.make(a(x), b(x));
        emulated.gpu_tile(x, block, thread, 64, TailStrategy::GuardWithIf);
        Realization want = plain.realize({count}, host), got = emulated.realize({count}, cuda);
        got[0].copy_to_host();
        const Runtime::Buffer<> &w = *want[0].get(), &g = *got[0].get();
        int wrong = 0;
        const int bytes = w.type().bytes();
        for (int n = 0; n < count; n++)
            wrong += std::memcmp(static_cast<const char *>(w.data()) + n * bytes,
                                 static_cast<const char *>(g.data()) + n * bytes, bytes) != 0;
        CHECK(wrong == 0);
    }
}

} // namespace

TEST_CASE("Operations on int8") {
    check<int8_t>(
        {{"widening product", [](Expr a, Expr b) { return widening_mul(a, b); }},
         {"saturating sum", [](Expr a, Expr b) { return saturating_add(a, b); }},
         {"saturating difference", [](Expr a, Expr b) { return saturating_sub(a, b); }},
         {"rounded mean", [](Expr a, Expr b) { return rounding_halving_add(a, b); }},
         {"distance", [](Expr a, Expr b) { return absd(a, b); }},
         {"shifts", [](Expr a, Expr b) { return a >> (b & 7); }},
         {"selection", [](Expr a, Expr b) { return select(a < b, a, cast<int8_t>(b / 3)); }},
         {"product", [](Expr a, Expr b) { return a * b; }}});
}

TEST_CASE("Operations on int32") {
    check<int32_t>(
        {{"rounding product", [](Expr a, Expr b) { return rounding_mul_shift_right(a, b, 31); }},
         {"rounding shift", [](Expr a, Expr b) { return rounding_shift_right(a, b & 15); }},
         {"quotient", [](Expr a, Expr b) { return a / (b | 1); }},
         {"remainder", [](Expr a, Expr b) { return a % ((b & 1023) + 1); }},
         {"by a constant", [](Expr a, Expr b) { return a / 7 + b % 10; }},
         {"saturating cast", [](Expr a, Expr b) { return saturating_cast<int8_t>(a >> (b & 31)); }},
         {"64 bits",
          [](Expr a, Expr b) {
              return cast<int32_t>((cast<int64_t>(a) * cast<int64_t>(b) + Expr(int64_t{1} << 30)) >>
                                   31);
          }},
         {"requantized",
          [](Expr a, Expr b) {
              Expr scaled = cast<int64_t>(a) * cast<int64_t>(b | 1);
              return cast<int8_t>(clamp(scaled >> 40, -128, 127));
          }},
         {"counts", [](Expr a, Expr b) { return count_leading_zeros(a) + popcount(b); }},
         {"to float", [](Expr a, Expr b) { return cast<float>(a) * cast<float>(b); }}});
    check<uint32_t>({{"quotient", [](Expr a, Expr b) { return a / (b | 1); }},
                     {"wide product", [](Expr a, Expr b) { return mul_shift_right(a, b, 32); }},
                     {"logic", [](Expr a, Expr b) { return (a & b) ^ (a | ~b); }}});
    check<int16_t>(
        {{"rounding product", [](Expr a, Expr b) { return rounding_mul_shift_right(a, b, 15); }},
         {"saturating sum", [](Expr a, Expr b) { return saturating_add(a, b); }},
         {"widening", [](Expr a, Expr b) { return widening_mul(a, b) + widening_sub(a, b); }}});
}

TEST_CASE("Operations on floats") {
    check<float>(
        {{"sum", [](Expr a, Expr b) { return a + b; }},
         {"product", [](Expr a, Expr b) { return a * b; }},
         {"quotient", [](Expr a, Expr b) { return strict_float(a / b); }},
         {"rounded",
          [](Expr a, Expr b) { return cast<int32_t>(round(a * 0.5f)) + cast<int32_t>(floor(b)); }},
         {"quantized",
          [](Expr a, Expr b) { return cast<int8_t>(clamp(round(a + b), -128.0f, 127.0f)); }},
         {"extremes", [](Expr a, Expr b) { return max(min(a, b), -3.0f); }},
         {"absolute", [](Expr a, Expr b) { return abs(a) + b; }},
         {"up", [](Expr a, Expr) { return ceil(a); }},
         {"towards zero", [](Expr a, Expr) { return trunc(a); }},
         {"comparison", [](Expr a, Expr b) { return cast<uint8_t>(a < b || a > 100.0f); }}},
        1000);
}
