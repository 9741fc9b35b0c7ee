// Clock and int8 multiply-accumulate rate, from registers alone.
//
// The loops are assembly: a compiler that sees sums which nobody reads, or copies them through the
// stack, measures itself.
#include "bench/peak/sample.h"

namespace octet {
namespace {

constexpr int64_t steps = 8'000; ///< of each loop; tens of microseconds

// An instruction takes four to five cycles and two can start in each, so ten independent sums keep
// the units busy; 24, as many as a kernel has, leave no doubt. 64 products in each.
constexpr double vpdpbusd_macs = double(steps) * 24 * 64;

void vpdpbusd_zmm() {
    int64_t left = steps;
    asm volatile("1:\n\t"
                 ".irp sum, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,"
                 " 16, 17, 18, 19, 20, 21, 22, 23\n\t"
                 "vpdpbusd %%zmm30, %%zmm31, %%zmm\\sum\n\t"
                 ".endr\n\t"
                 "dec %0\n\t"
                 "jnz 1b\n\t"
                 "vzeroupper"
                 : "+r"(left)
                 :
                 : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                   "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

// Without a byte dot product: bytes widened to 16 bits beforehand, pairs multiplied and added into
// 32, then added to a sum. Each of the six sums has a product beside it. 16 products in each.
constexpr double vpmaddwd_macs = double(steps) * 6 * 16;

void vpmaddwd_ymm() {
    int64_t left = steps;
    asm volatile("1:\n\t"
                 ".irp sum, 0, 1, 2, 3, 4, 5\n\t"
                 "vpmaddwd %%ymm14, %%ymm15, %%ymm13\n\t"
                 "vpaddd %%ymm13, %%ymm\\sum, %%ymm\\sum\n\t"
                 ".endr\n\t"
                 "dec %0\n\t"
                 "jnz 1b\n\t"
                 "vzeroupper"
                 : "+r"(left)
                 :
                 : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm13");
}

} // namespace

Rate measure_clock() {
    constexpr int64_t chain = 32;
    return sample(double(steps * chain), [] {
        int64_t value = 0;
        for (int64_t step = 0; step < steps; ++step)
            asm volatile(".rept 32\n\tadd $1, %0\n\t.endr" : "+r"(value));
    });
}

Rate measure_int8(std::string &unit) {
    if (__builtin_cpu_supports("avx512vnni")) {
        unit = "vpdpbusd zmm";
        return sample(vpdpbusd_macs, vpdpbusd_zmm);
    }
    if (__builtin_cpu_supports("avx2")) {
        unit = "vpmaddwd ymm";
        return sample(vpmaddwd_macs, vpmaddwd_ymm);
    }
    unit = "none measured";
    return {};
}

} // namespace octet
