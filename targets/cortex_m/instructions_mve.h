/* What Octet selects of MVE (Helium), for kernels that instructions.h serves.
 *
 * A vector of sums cannot be kept in a vector register here: VMLADAVA adds sixteen products to an
 * even general register. The functions therefore cover a tile of a kernel each, so that a tile's
 * accumulators stay in registers from its first product to its stores; `acc` is a local array of
 * the kernel, which compilers keep in vector registers between two of these functions.
 *
 * Memory needs no alignment. */
#ifndef OCTET_CORTEX_M_INSTRUCTIONS_MVE_H
#define OCTET_CORTEX_M_INSTRUCTIONS_MVE_H

#include "c/kernel.h"

#if defined(__ARM_FEATURE_MVE) && !defined(OCTET_PORTABLE)
#define OCTET_MVE 1
#include <arm_mve.h>
typedef int8x16_t octet_s8x16;
typedef uint8x16_t octet_u8x16;
typedef int16x8_t octet_s16x8;
typedef int32x4_t octet_s32x4;
typedef uint32x4_t octet_u32x4;
#else
#define OCTET_MVE 0
#endif

/* Copies Bytes bytes. */
template <int Bytes>
OCTET_INLINE void octet_copy(void *to, const void *from) {
#if OCTET_MVE
    constexpr int vectors = Bytes / 16;
    for (int i = 0; i < vectors; ++i)
        vstrbq_u8((uint8_t *)to + 16 * i, vldrbq_u8((const uint8_t *)from + 16 * i));
    memcpy((uint8_t *)to + 16 * vectors, (const uint8_t *)from + 16 * vectors, Bytes % 16);
#else
    memcpy(to, from, Bytes);
#endif
}

/* Fills Bytes bytes with one value. */
template <int Bytes>
OCTET_INLINE void octet_fill(void *to, int value) {
#if OCTET_MVE
    constexpr int vectors = Bytes / 16;
    for (int i = 0; i < vectors; ++i)
        vstrbq_u8((uint8_t *)to + 16 * i, vdupq_n_u8((uint8_t)value));
    memset((uint8_t *)to + 16 * vectors, value, Bytes % 16);
#else
    memset(to, value, Bytes);
#endif
}

#if OCTET_MVE
/* One step of a tile: sixteen activations of one or two pixels by four channels' weights. Loads and
 * products alternate, so that the core can overlap them. */
#define OCTET_DOT16_STEP_1(mac)                                                                    \
    "vldrb.u8 q0, [r3], #16\n vldrb.u8 q1, [r1], #64\n" mac ".s8 r0, q0, q1\n"                     \
    "vldrb.u8 q2, [r1, #-48]\n" mac ".s8 r2, q0, q2\n"                                             \
    "vldrb.u8 q1, [r1, #-32]\n" mac ".s8 r4, q0, q1\n"                                             \
    "vldrb.u8 q2, [r1, #-16]\n" mac ".s8 r6, q0, q2\n"
#define OCTET_DOT16_STEP_2(mac)                                                                    \
    "vldrb.u8 q0, [r3], #16\n vldrb.u8 q2, [r1], #64\n" mac ".s8 r0, q0, q2\n"                     \
    "vldrb.u8 q1, [r5], #16\n" mac ".s8 r8, q1, q2\n"                                              \
    "vldrb.u8 q3, [r1, #-48]\n" mac ".s8 r2, q0, q3\n"                                             \
    "vldrb.u8 q2, [r1, #-32]\n" mac ".s8 r10, q1, q3\n" mac ".s8 r4, q0, q2\n"                     \
    "vldrb.u8 q3, [r1, #-16]\n" mac ".s8 r12, q1, q2\n" mac ".s8 r6, q0, q3\n" mac                 \
    ".s8 lr, q1, q3\n"
/* The first step, those that do not fill a turn of the loop, and the loop, four steps a turn. */
#define OCTET_DOT16_UNROLLED(step) step("vmlav") ".rept %c[rest]\n" step("vmlava") ".endr\n"
#define OCTET_DOT16_LOOP(step)                                                                     \
    OCTET_DOT16_UNROLLED(step)                                                                     \
    "mov r9, %[turns]\n"                                                                           \
    "1:\n" step("vmlava") step("vmlava") step("vmlava") step("vmlava") "subs r9, r9, #1\n"         \
                                                                       "bne 1b\n"
#define OCTET_DOT16_SUMS_1 "vmov q0[2], q0[0], r0, r4\n vmov q0[3], q0[1], r2, r6\n"
#define OCTET_DOT16_SUMS_2                                                                         \
    OCTET_DOT16_SUMS_1 "vmov q1[2], q1[0], r8, r12\n vmov q1[3], q1[1], r10, lr\n"

#endif

/* acc[4 p + c] += sum over 16 Steps elements i of x[p Apart + i] * w[c][i], for four channels c of
 * one or two pixels p. w holds, for each step, sixteen weights of each channel. */
template <int Pixels, int Steps, int Apart>
OCTET_INLINE void octet_dot16_s8(int32_t *acc, const int8_t *x, const int8_t *w) {
    static_assert(Pixels == 1 || Pixels == 2);
#if OCTET_MVE
    constexpr bool unrolled = Steps <= 8;
    constexpr int rest = unrolled ? Steps - 1 : (Steps - 1) % 4, turns = (Steps - 1) / 4;
    register const int8_t *r1 __asm("r1") = w;
    register const int8_t *r3 __asm("r3") = x;
    register octet_s32x4 q0 __asm("q0");
    if constexpr (Pixels == 1) {
        if constexpr (unrolled)
            __asm(OCTET_DOT16_UNROLLED(OCTET_DOT16_STEP_1) OCTET_DOT16_SUMS_1
                  : "=w"(q0), "+r"(r1), "+r"(r3)
                  : [rest] "i"(rest)
                  : "r0", "r2", "r4", "r6", "q1", "q2", "memory");
        else
            __asm(OCTET_DOT16_LOOP(OCTET_DOT16_STEP_1) OCTET_DOT16_SUMS_1
                  : "=w"(q0), "+r"(r1), "+r"(r3)
                  : [rest] "i"(rest), [turns] "i"(turns)
                  : "r0", "r2", "r4", "r6", "r9", "q1", "q2", "memory", "cc");
    } else {
        register const int8_t *r5 __asm("r5") = x + Apart;
        register octet_s32x4 q1 __asm("q1");
        if constexpr (unrolled)
            __asm(OCTET_DOT16_UNROLLED(OCTET_DOT16_STEP_2) OCTET_DOT16_SUMS_2
                  : "=w"(q0), "=w"(q1), "+r"(r1), "+r"(r3), "+r"(r5)
                  : [rest] "i"(rest)
                  : "r0", "r2", "r4", "r6", "r8", "r10", "r12", "lr", "q2", "q3", "memory");
        else
            __asm(OCTET_DOT16_LOOP(OCTET_DOT16_STEP_2) OCTET_DOT16_SUMS_2
                  : "=w"(q0), "=w"(q1), "+r"(r1), "+r"(r3), "+r"(r5)
                  : [rest] "i"(rest), [turns] "i"(turns)
                  : "r0", "r2", "r4", "r6", "r8", "r9", "r10", "r12", "lr", "q2", "q3", "memory",
                    "cc");
        vstrwq_s32(acc + 4, vaddq_s32(vldrwq_s32(acc + 4), q1));
    }
    vstrwq_s32(acc, vaddq_s32(vldrwq_s32(acc), q0));
#else
    for (int p = 0; p < Pixels; ++p)
        for (int c = 0; c < 4; ++c)
            for (int i = 0; i < 16 * Steps; ++i)
                acc[4 * p + c] += x[p * Apart + i] * w[(i / 16 * 4 + c) * 16 + i % 16];
#endif
}

/* (2 a b + 2^31) >> 32 */
OCTET_INLINE int32_t octet_rdmulh(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* One output from its accumulator, as octet_requantize4 computes it. */
template <int Left, int Shift, int Lo, int Hi>
OCTET_INLINE int8_t octet_requantize(int32_t acc, int32_t r, int32_t m, int32_t d) {
    int32_t q = (int32_t)((uint32_t)octet_rdmulh((int32_t)((uint32_t)acc << Left), m) +
                          (uint32_t)r - (uint32_t)((acc >> 31) & d)) >>
                Shift;
    q = q < Lo ? Lo : q;
    return (int8_t)(q > Hi ? Hi : q);
}

#if OCTET_MVE
/* q >> Shift saturated to 8 bits, in the lowest byte of each lane. */
template <int Shift, int Lo, int Hi>
OCTET_INLINE octet_s32x4 octet_narrow4(octet_s32x4 q) {
    if constexpr (Shift > 16)
        q = vshrq_n_s32(q, Shift - 16);
    octet_s16x8 half;
    if constexpr (Shift == 0)
        half = vqmovnbq_s32(vuninitializedq_s16(), q);
    else
        half = vqshrnbq_n_s32(vuninitializedq_s16(), q, Shift > 16 ? 16 : Shift);
    octet_s8x16 bytes = vqmovnbq_s16(vuninitializedq_s8(), half);
    if constexpr (Lo > -128)
        bytes = vmaxq_s8(bytes, vdupq_n_s8(Lo));
    if constexpr (Hi < 127)
        bytes = vminq_s8(bytes, vdupq_n_s8(Hi));
    return vreinterpretq_s32_s8(bytes);
}
#endif

/* out[i] = clamp((rdmulh(acc[i] << Left, m[i]) + r[i] - (acc[i] < 0 ? d[i] : 0)) >> Shift, Lo, Hi)
 * for i < 4; without Sign, d is not read. */
template <int Left, int Shift, bool Sign, int Lo, int Hi>
OCTET_INLINE void octet_requantize4(int8_t *out, const int32_t *acc, const int32_t *r,
                                    const int32_t *m, const int32_t *d) {
#if OCTET_MVE
    const octet_s32x4 sums = vldrwq_s32(acc);
    octet_s32x4 q = vqrdmulhq_s32(Left ? vshlq_n_s32(sums, Left) : sums, vldrwq_s32(m));
    q = vaddq_s32(q, vldrwq_s32(r));
    if constexpr (Sign)
        q = vsubq_m_s32(q, q, vldrwq_s32(d), vcmpltq_n_s32(sums, 0));
    const octet_s32x4 bytes = octet_narrow4<Shift, Lo, Hi>(q);
    vstrbq_s32(out, bytes);
#else
    for (int i = 0; i < 4; ++i)
        out[i] = octet_requantize<Left, Shift, Lo, Hi>(acc[i], r[i], m[i], Sign ? d[i] : 0);
#endif
}

#if OCTET_MVE
/* Halide's C source has types of these names. */
#define int8x16_t octet_halide_s8x16
#define uint8x16_t octet_halide_u8x16
#define int16x8_t octet_halide_s16x8
#define uint16x8_t octet_halide_u16x8
#define int32x4_t octet_halide_s32x4
#define uint32x4_t octet_halide_u32x4
#define int64x2_t octet_halide_s64x2
#define uint64x2_t octet_halide_u64x2
#define float16x8_t octet_halide_f16x8
#define float32x4_t octet_halide_f32x4
#endif

#endif
