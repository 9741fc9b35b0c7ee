/* Tiles of dot products for ARMv6-M (Cortex-M0, M0+), which multiplies in eight low registers and
 * in place. Compilers spill there; by hand the accumulators stay in the high registers, which ADD
 * reaches, and loads with one shared index take the place of copies. */
#ifndef OCTET_CORTEX_M_INSTRUCTIONS_TILES_H
#define OCTET_CORTEX_M_INSTRUCTIONS_TILES_H

#if defined(__ARM_ARCH_6M__) && !defined(OCTET_PORTABLE)
#define OCTET_TILES 1

/* r0 to r4 point to the ends of the factors, r5 counts up to 0, r6 is a product, r7 a factor. */
#define OCTET_FACTOR(p) "ldrsb r7, [" #p ", r5]\n"
#define OCTET_PRODUCT(p, acc) "ldrsb r6, [" #p ", r5]\n muls r6, r7, r6\n add " #acc ", r6\n"
#define OCTET_NEXT "adds r5, #1\n"
#define OCTET_STEP_3X2                                                                             \
    OCTET_FACTOR(r3)                                                                               \
    OCTET_PRODUCT(r0, r8)                                                                          \
    OCTET_PRODUCT(r1, r10) OCTET_PRODUCT(r2, r12) OCTET_FACTOR(r4) OCTET_PRODUCT(r0, r9)           \
        OCTET_PRODUCT(r1, r11) OCTET_PRODUCT(r2, lr) OCTET_NEXT
#define OCTET_STEP_4X1                                                                             \
    OCTET_FACTOR(r4)                                                                               \
    OCTET_PRODUCT(r0, r8)                                                                          \
    OCTET_PRODUCT(r1, r9) OCTET_PRODUCT(r2, r10) OCTET_PRODUCT(r3, r11) OCTET_NEXT

/* acc points to the accumulators, factors to what r0 to r5 begin with. */
#define OCTET_TILE(step)                                                                           \
    __asm__ volatile(".syntax unified\n push {r1, r7}\n"                                           \
                     "ldmia r1!, {r2, r3, r4, r5, r6, r7}\n"                                       \
                     "mov r8, r2\n mov r9, r3\n mov r10, r4\n mov r11, r5\n"                       \
                     "mov r12, r6\n mov lr, r7\n"                                                  \
                     "ldmia r0, {r0, r1, r2, r3, r4, r5}\n"                                        \
                     "1:\n" step "bne 1b\n"                                                        \
                     "mov r2, r8\n mov r3, r9\n mov r4, r10\n mov r5, r11\n"                       \
                     "mov r6, r12\n mov r7, lr\n"                                                  \
                     "pop {r1}\n"                                                                  \
                     "stmia r1!, {r2, r3, r4, r5, r6, r7}\n"                                       \
                     "pop {r7}\n"                                                                  \
                     : "+r"(factors_), "+r"(acc_)                                                  \
                     :                                                                             \
                     : "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc",  \
                       "memory")

template <bool four_by_one, int n>
OCTET_INLINE void octet_tile(int32_t *acc, const int32_t *factors) {
    register const int32_t *factors_ __asm__("r0") = factors;
    register int32_t *acc_ __asm__("r1") = acc;
    if constexpr (four_by_one) {
        if constexpr (n % 4 == 0)
            OCTET_TILE(OCTET_STEP_4X1 OCTET_STEP_4X1 OCTET_STEP_4X1 OCTET_STEP_4X1);
        else if constexpr (n % 3 == 0)
            OCTET_TILE(OCTET_STEP_4X1 OCTET_STEP_4X1 OCTET_STEP_4X1);
        else
            OCTET_TILE(OCTET_STEP_4X1);
    } else {
        if constexpr (n % 4 == 0)
            OCTET_TILE(OCTET_STEP_3X2 OCTET_STEP_3X2 OCTET_STEP_3X2 OCTET_STEP_3X2);
        else if constexpr (n % 3 == 0)
            OCTET_TILE(OCTET_STEP_3X2 OCTET_STEP_3X2 OCTET_STEP_3X2);
        else
            OCTET_TILE(OCTET_STEP_3X2);
    }
}
#else
#define OCTET_TILES 0
#endif

/* acc[o * inner + i] += the dot product of n bytes from the o-th of the first `outer` pointers and
 * the i-th of the `inner` pointers behind them. Tiles of 3 by 2, 2 by 3, 4 by 1 and 1 by 4. */
template <int outer, int inner, int n>
OCTET_INLINE void octet_dot_tile(int32_t *acc, const int8_t *p0, const int8_t *p1, const int8_t *p2,
                                 const int8_t *p3, const int8_t *p4) {
    static_assert(outer + inner == 5, "tiles have five factors");
    const int8_t *const p[] = {p0, p1, p2, p3, p4};
#if OCTET_TILES
    /* The instructions' tiles are 3 by 2 and 4 by 1, so that the others are turned over. */
    constexpr bool turned = outer < inner;
    int32_t factors[6], sums[6] = {};
    for (int i = 0; i < 5; ++i)
        factors[i] = (int32_t)(p[turned ? (i + outer) % 5 : i] + n);
    factors[5] = -n;
    if constexpr (outer == 2) {
        for (int k = 0; k < 6; ++k)
            sums[k % 3 * 2 + k / 3] = acc[k];
        octet_tile<false, n>(sums, factors);
        for (int k = 0; k < 6; ++k)
            acc[k] = sums[k % 3 * 2 + k / 3];
    } else if constexpr (outer == 3) {
        octet_tile<false, n>(acc, factors);
    } else {
        for (int k = 0; k < 4; ++k)
            sums[k] = acc[k];
        octet_tile<true, n>(sums, factors);
        for (int k = 0; k < 4; ++k)
            acc[k] = sums[k];
    }
#else
    for (int k = 0; k < n; ++k)
        for (int o = 0; o < outer; ++o)
            for (int i = 0; i < inner; ++i)
                acc[o * inner + i] += p[o][k] * p[outer + i][k];
#endif
}

#endif
