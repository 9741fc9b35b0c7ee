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
/* The last step, of fewer activations, which are loaded already. */
#define OCTET_DOT16_TAIL_1(mac)                                                                    \
    "vldrb.u8 q1, [r1]\n" mac ".s8 r0, %q[t0], q1\n"                                               \
    "vldrb.u8 q2, [r1, #16]\n" mac ".s8 r2, %q[t0], q2\n"                                         \
    "vldrb.u8 q1, [r1, #32]\n" mac ".s8 r4, %q[t0], q1\n"                                         \
    "vldrb.u8 q2, [r1, #48]\n" mac ".s8 r6, %q[t0], q2\n"
#define OCTET_DOT16_TAIL_2(mac)                                                                    \
    "vldrb.u8 q2, [r1]\n" mac ".s8 r0, %q[t0], q2\n" mac ".s8 r8, %q[t1], q2\n"                   \
    "vldrb.u8 q3, [r1, #16]\n" mac ".s8 r2, %q[t0], q3\n" mac ".s8 r10, %q[t1], q3\n"             \
    "vldrb.u8 q2, [r1, #32]\n" mac ".s8 r4, %q[t0], q2\n" mac ".s8 r12, %q[t1], q2\n"             \
    "vldrb.u8 q3, [r1, #48]\n" mac ".s8 r6, %q[t0], q3\n" mac ".s8 lr, %q[t1], q3\n"
/* The first step, those that do not fill a turn of the loop, the loop, four steps a turn, the last
 * step. */
#define OCTET_DOT16(step, tail)                                                                    \
    ".if %c[full] > 0\n" step("vmlav") ".rept %c[rest]\n" step("vmlava") ".endr\n"                 \
    ".if %c[turns] > 0\n mov r9, %[turns]\n 1:\n" step("vmlava") step("vmlava") step("vmlava")     \
        step("vmlava") "subs r9, r9, #1\n bne 1b\n .endif\n .endif\n"                              \
    ".if %c[tail] > 0\n"                                                                           \
    ".if %c[full] > 0\n" tail("vmlava") ".else\n" tail("vmlav") ".endif\n .endif\n"
#define OCTET_DOT16_SUMS_1 "vmov q0[2], q0[0], r0, r4\n vmov q0[3], q0[1], r2, r6\n"
#define OCTET_DOT16_SUMS_2                                                                         \
    OCTET_DOT16_SUMS_1 "vmov q1[2], q1[0], r8, r12\n vmov q1[3], q1[1], r10, lr\n"
#endif

/* acc[4 p + c] += sum over i < 16 Steps of x[p Apart + i] * w[c][i], for four channels c of one or
 * two pixels p. w holds, for each step, sixteen weights of each channel. Of the last sixteen
 * activations only the first Tail are read, the others count as 0. */
template <int Pixels, int Steps, int Apart, int Tail>
OCTET_INLINE void octet_dot16_s8(int32_t *acc, const int8_t *x, const int8_t *w) {
    static_assert(Pixels == 1 || Pixels == 2);
    static_assert(Steps > 0 && Tail > 0 && Tail <= 16);
#if OCTET_MVE
    constexpr int full = Tail < 16 ? Steps - 1 : Steps, tail = Tail % 16;
    constexpr int turns = full <= 8 ? 0 : (full - 1) / 4, rest = full - 1 - 4 * turns;
    const auto load_tail = [](const int8_t *from) {
        return tail ? vldrbq_z_s8(from + 16 * full, vctp8q(tail)) : vuninitializedq_s8();
    };
    const octet_s8x16 t0 = load_tail(x);
    register const int8_t *r1 __asm("r1") = w;
    register const int8_t *r3 __asm("r3") = x;
    register octet_s32x4 q0 __asm("q0");
    if constexpr (Pixels == 1) {
        __asm(OCTET_DOT16(OCTET_DOT16_STEP_1, OCTET_DOT16_TAIL_1) OCTET_DOT16_SUMS_1
              : "=&w"(q0), "+r"(r1), "+r"(r3)
              : [full] "i"(full), [rest] "i"(rest), [turns] "i"(turns), [tail] "i"(tail),
                [t0] "w"(t0)
              : "r0", "r2", "r4", "r6", "r9", "q1", "q2", "memory", "cc");
    } else {
        const octet_s8x16 t1 = load_tail(x + Apart);
        register const int8_t *r5 __asm("r5") = x + Apart;
        register octet_s32x4 q1 __asm("q1");
        __asm(OCTET_DOT16(OCTET_DOT16_STEP_2, OCTET_DOT16_TAIL_2) OCTET_DOT16_SUMS_2
              : "=&w"(q0), "=&w"(q1), "+r"(r1), "+r"(r3), "+r"(r5)
              : [full] "i"(full), [rest] "i"(rest), [turns] "i"(turns), [tail] "i"(tail),
                [t0] "w"(t0), [t1] "w"(t1)
              : "r0", "r2", "r4", "r6", "r8", "r9", "r10", "r12", "lr", "q2", "q3", "memory", "cc");
        vstrwq_s32(acc + 4, vaddq_s32(vldrwq_s32(acc + 4), q1));
    }
    vstrwq_s32(acc, vaddq_s32(vldrwq_s32(acc), q0));
#else
    constexpr int elements = 16 * (Steps - 1) + Tail;
    for (int p = 0; p < Pixels; ++p)
        for (int c = 0; c < 4; ++c)
            for (int i = 0; i < elements; ++i)
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
    /* VQSHRN shifts by up to 16; gcc 12 takes the one that rounds, VQRSHRN, in its place. */
#if defined(__clang__)
    constexpr int narrowing = Shift < 16 ? Shift : 16;
#else
    constexpr int narrowing = 0;
#endif
    if constexpr (Shift > narrowing)
        q = vshrq_n_s32(q, Shift - narrowing);
    octet_s16x8 half;
    if constexpr (narrowing == 0)
        half = vqmovnbq_s32(vuninitializedq_s16(), q);
    else
        half = vqshrnbq_n_s32(vuninitializedq_s16(), q, narrowing);
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

/* The same for the first Lanes of four, with the constants of one channel and outputs that lie Apart
 * bytes apart. */
template <int Left, int Shift, bool Sign, int Lo, int Hi, int Apart, int Lanes>
OCTET_INLINE void octet_requantize4_apart(int8_t *out, const int32_t *acc, int32_t r, int32_t m,
                                          int32_t d) {
#if OCTET_MVE
    const octet_s32x4 sums = vldrwq_s32(acc);
    octet_s32x4 q = vqrdmulhq_n_s32(Left ? vshlq_n_s32(sums, Left) : sums, m);
    q = vaddq_n_s32(q, r);
    if constexpr (Sign) /* -1 where sums are negative, times d. */
        q = vmlaq_n_s32(q, vshrq_n_s32(sums, 31), d);
    const octet_s32x4 bytes = octet_narrow4<Shift, Lo, Hi>(q);
    const octet_u32x4 offsets = {0, Apart, 2 * Apart, 3 * Apart};
    if constexpr (Lanes == 4)
        vstrbq_scatter_offset_s32(out, offsets, bytes);
    else
        vstrbq_scatter_offset_p_s32(out, offsets, bytes, vctp32q(Lanes));
#else
    for (int i = 0; i < Lanes; ++i)
        out[i * Apart] = octet_requantize<Left, Shift, Lo, Hi>(acc[i], r, m, Sign ? d : 0);
#endif
}

/* Interleaves four rows of an image for four channels, with padding: row j of them is the image's
 * row first + j, and column x its column x - PadLeft, both pad outside the image:
 * to[16 x + 4 c + j] for x < Columns, a multiple of 4. image points to channel 0 of the four. */
template <int Height, int Width, int Apart, int RowBytes, int PadLeft, int Columns>
OCTET_INLINE void octet_interleave_rows(int8_t *to, const int8_t *image, int32_t first,
                                        int32_t pad) {
    const int8_t *rows[4];
    for (int j = 0; j < 4; ++j)
        rows[j] = first + j >= 0 && first + j < Height ? image + (first + j) * RowBytes : nullptr;
#if OCTET_MVE
    const octet_u32x4 offsets = {0, Apart, 2 * Apart, 3 * Apart};
    const octet_s8x16 outside = vdupq_n_s8((int8_t)pad);
    for (int x = 0; x < PadLeft; ++x)
        vstrbq_s8(to + 16 * x, outside);
    /* The last columns may end within the image's; those beyond are filled again. */
    for (int x = 0; x < Width; x += 4) {
        const mve_pred16_t inside = vctp32q((uint32_t)(Width - x));
        const auto columns = [&](const int8_t *row) {
            if (!row)
                return outside;
            const int32_t *const at = (const int32_t *)(const void *)(row + x * Apart);
            return vreinterpretq_s8_s32(Width % 4 ? vldrwq_gather_offset_z_s32(at, offsets, inside)
                                                  : vldrwq_gather_offset_s32(at, offsets));
        };
        const int8x16x4_t four = {{columns(rows[0]), columns(rows[1]), columns(rows[2]),
                                   columns(rows[3])}};
        vst4q_s8(to + 16 * (PadLeft + x), four);
    }
    for (int x = PadLeft + Width; x < Columns; ++x)
        vstrbq_s8(to + 16 * x, outside);
#else
    for (int x = 0; x < Columns; ++x)
        for (int c = 0; c < 4; ++c)
            for (int j = 0; j < 4; ++j) {
                const bool inside = rows[j] && x >= PadLeft && x < PadLeft + Width;
                to[16 * x + 4 * c + j] =
                    inside ? rows[j][(x - PadLeft) * Apart + c] : (int8_t)pad;
            }
#endif
}

/* Four equal sums. */
template <int>
OCTET_INLINE void octet_fill4_s32(int32_t *sums, int32_t value) {
    for (int i = 0; i < 4; ++i)
        sums[i] = value;
}

/* sums[p] += the sum of four columns of four rows, x[p Pixels + i Columns + j], times w[4 i + j]. */
template <int Pixels, int Columns>
OCTET_INLINE void octet_dots4x4_s8(int32_t *sums, const int8_t *x, const int8_t *w) {
#if OCTET_MVE
    static_assert(3 * Pixels < 512 && Pixels % 4 == 0, "an immediate offset of a gathering load");
    const octet_u32x4 offsets = {0, Columns, 2 * Columns, 3 * Columns};
    const octet_u32x4 at = vaddq_n_u32(offsets, (uint32_t)(uintptr_t)x);
    const octet_s8x16 weights = vldrbq_s8(w);
    const auto dot = [&](octet_s32x4 columns) {
        return vmladavq_s8(vreinterpretq_s8_s32(columns), weights);
    };
    const octet_s32x4 dots = {dot(vldrwq_gather_base_s32(at, 0)),
                              dot(vldrwq_gather_base_s32(at, Pixels)),
                              dot(vldrwq_gather_base_s32(at, 2 * Pixels)),
                              dot(vldrwq_gather_base_s32(at, 3 * Pixels))};
    vstrwq_s32(sums, vaddq_s32(vldrwq_s32(sums), dots));
#else
    for (int p = 0; p < 4; ++p)
        for (int i = 0; i < 16; ++i)
            sums[p] += x[p * Pixels + i / 4 * Columns + i % 4] * w[i];
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
