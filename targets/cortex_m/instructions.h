/* The instructions of Cortex-M that Octet selects, as functions on words.
 *
 * Each octet_<instruction> has one meaning, given by its portable form, and where the core has the
 * instruction an equal form in terms of it. OCTET_PORTABLE forces the portable form, on the host or
 * to compare the two.
 *
 * Words hold bytes and half-words in little-endian order: byte 0 is the lowest. */
#ifndef OCTET_CORTEX_M_INSTRUCTIONS_H
#define OCTET_CORTEX_M_INSTRUCTIONS_H

#if defined(__ARM_FEATURE_DSP) && !defined(OCTET_PORTABLE)
#define OCTET_DSP 1
#else
#define OCTET_DSP 0
#endif

#if OCTET_DSP && !defined(__clang__)
/* GCC splits a load of 64 bits that is aligned to 32 only, which LDRD does not mind. */
#define OCTET_LOAD64_A4 octet_ldrd

#include <stdint.h>

static inline __attribute__((always_inline, unused)) uint64_t octet_ldrd(const void *at) {
    typedef const uint64_t __attribute__((may_alias)) word;
    uint32_t low, high;
    __asm__("ldrd %0, %1, %2" : "=r"(low), "=r"(high) : "m"(*(word *)at));
    return (uint64_t)high << 32 | low;
}
#endif

#include "c/kernel.h"

/* (byte 0, byte 2), sign-extended to half-words. */
OCTET_INLINE uint32_t octet_sxtb16(uint32_t x) {
#if OCTET_DSP
    uint32_t result;
    __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(x));
    return result;
#else
    return (uint32_t)(uint16_t)(int8_t)x | (uint32_t)(int8_t)(x >> 16) << 16;
#endif
}

/* (byte 1, byte 3), sign-extended to half-words. */
OCTET_INLINE uint32_t octet_sxtb16_odd(uint32_t x) {
#if OCTET_DSP
    uint32_t result;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(x));
    return result;
#else
    return octet_sxtb16(x >> 8);
#endif
}

/* acc + a.half 0 * b.half 0 + a.half 1 * b.half 1, wrapping. */
OCTET_INLINE int32_t octet_smlad(uint32_t a, uint32_t b, int32_t acc) {
#if OCTET_DSP
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(acc));
    return result;
#else
    const uint32_t low = (uint32_t)((int32_t)(int16_t)a * (int16_t)b);
    const uint32_t high = (uint32_t)((int32_t)(int16_t)(a >> 16) * (int16_t)(b >> 16));
    return (int32_t)((uint32_t)acc + low + high);
#endif
}

/* (a.half 0, b.half 0) and (a.half 1, b.half 1). */
OCTET_INLINE uint32_t octet_pack_low(uint32_t a, uint32_t b) {
#if OCTET_DSP
    uint32_t result;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    return (a & 0xffff) | b << 16;
#endif
}
OCTET_INLINE uint32_t octet_pack_high(uint32_t a, uint32_t b) {
#if OCTET_DSP
    uint32_t result;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(b), "r"(a));
    return result;
#else
    return a >> 16 | (b & 0xffff0000);
#endif
}

/* acc + the sum of a's four half-words times the four bytes of b, taken in the order 0, 2, 1, 3. */
OCTET_INLINE int32_t octet_dot4_s16_s8(int32_t acc, uint64_t a, uint32_t b) {
    acc = octet_smlad((uint32_t)a, octet_sxtb16(b), acc);
    return octet_smlad((uint32_t)(a >> 32), octet_sxtb16_odd(b), acc);
}

/* acc + the sum of a's four bytes times b's. */
OCTET_INLINE int32_t octet_dot4_s8_s8(int32_t acc, uint32_t a, uint32_t b) {
    acc = octet_smlad(octet_sxtb16(a), octet_sxtb16(b), acc);
    return octet_smlad(octet_sxtb16_odd(a), octet_sxtb16_odd(b), acc);
}

/* Four equal half-words. */
OCTET_INLINE uint64_t octet_splat4_s16(int16_t x) {
    const uint32_t pair = octet_pack_low((uint16_t)x, (uint16_t)x);
    return (uint64_t)pair << 32 | pair;
}

/* Four bytes, sign-extended to half-words, in order. */
OCTET_INLINE uint64_t octet_widen4_s8(uint32_t x) {
    const uint32_t even = octet_sxtb16(x), odd = octet_sxtb16_odd(x);
    return (uint64_t)octet_pack_high(even, odd) << 32 | octet_pack_low(even, odd);
}

/* acc plus the product of one half-word of a and one of b: bottom (half 0) or top (half 1). */
#if OCTET_DSP
#define OCTET_SMLA(halves, a_half, b_half)                                                         \
    OCTET_INLINE int32_t octet_smla##halves(uint32_t a, uint32_t b, int32_t acc) {                 \
        int32_t result;                                                                            \
        __asm__("smla" #halves " %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(acc));       \
        return result;                                                                             \
    }
#else
#define OCTET_SMLA(halves, a_half, b_half)                                                         \
    OCTET_INLINE int32_t octet_smla##halves(uint32_t a, uint32_t b, int32_t acc) {                 \
        const int32_t product =                                                                    \
            (int32_t)(int16_t)(a >> 16 * a_half) * (int16_t)(b >> 16 * b_half);                    \
        return (int32_t)((uint32_t)acc + (uint32_t)product);                                       \
    }
#endif
OCTET_SMLA(bb, 0, 0)
OCTET_SMLA(bt, 0, 1)
OCTET_SMLA(tb, 1, 0)
OCTET_SMLA(tt, 1, 1)
#undef OCTET_SMLA

/* Two neighbouring words by one instruction; compilers split most 64-bit loads. */
OCTET_INLINE uint64_t octet_load_two_words(const uint32_t *at) {
#if OCTET_DSP && !defined(__clang__)
    uint32_t low, high;
    __asm__("ldrd %0, %1, %2" : "=r"(low), "=r"(high) : "m"(*(const octet_u64_a4 *)at));
    return (uint64_t)high << 32 | low;
#else
    return octet_load64_a4(at);
#endif
}

#include "cortex_m/instructions_mve.h"
#include "cortex_m/instructions_tiles.h"

/* The high word of a * b, plus acc, wrapping. */
OCTET_INLINE int32_t octet_smmla(int32_t a, int32_t b, int32_t acc) {
#if OCTET_DSP
    int32_t result;
    __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(acc));
    return result;
#elif defined(__ARM_ARCH_6M__) && !defined(OCTET_PORTABLE)
    /* Half-words: no product and no sum of one and a carry leaves 32 bits. */
    const int32_t a_low = a & 0xffff, a_high = a >> 16, b_low = b & 0xffff, b_high = b >> 16;
    const uint32_t low = (uint32_t)a_low * (uint32_t)b_low;
    const int32_t middle = a_high * b_low + (int32_t)(low >> 16);
    const int32_t other = a_low * b_high + (middle & 0xffff);
    const uint32_t high = (uint32_t)(a_high * b_high + (middle >> 16) + (other >> 16));
    return (int32_t)((uint32_t)acc + high);
#else
    return (int32_t)((uint32_t)acc + (uint32_t)((int64_t)a * b >> 32));
#endif
}

/* x >> bits, saturated to a signed byte; bits is a constant of 1 to 31. */
OCTET_INLINE int32_t octet_ssat8(int32_t x, int bits) {
#if defined(__ARM_FEATURE_SAT) && !defined(OCTET_PORTABLE)
    int32_t result;
    __asm__("ssat %0, #8, %1, asr %2" : "=r"(result) : "r"(x), "i"(bits));
    return result;
#else
    x >>= bits;
    return x < -128 ? -128 : x > 127 ? 127 : x;
#endif
}

#endif
