/* What kernels of lane c need of C++: the helpers that Halide's C source calls, nothing from the
 * standard library. Kernels are self-contained, allocate nothing and call nothing but their
 * family's instructions; every kernel is compiled alone. */
#ifndef OCTET_C_KERNEL_H
#define OCTET_C_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define OCTET_INLINE static inline __attribute__((always_inline, unused))
#define HALIDE_ALWAYS_INLINE inline __attribute__((always_inline))

/* Compilers call these even in freestanding code. */
#define memcpy __builtin_memcpy
#define memset __builtin_memset

/* The little of <type_traits> that Halide's vectors ask for; not every compiler for bare metal brings
 * the header. */
#if __STDC_HOSTED__
#include <type_traits>
#else
namespace std {
template <typename T>
struct is_integral {
    static constexpr bool value = false;
};
template <typename T>
struct is_floating_point : is_integral<void> {};
} // namespace std
#endif

template <typename T>
struct octet_same {
    using type = T;
};

template <typename T>
HALIDE_ALWAYS_INLINE T halide_cpp_max(const T &a, const typename octet_same<T>::type &b) {
    return a > b ? a : b;
}
template <typename T>
HALIDE_ALWAYS_INLINE T halide_cpp_min(const T &a, const typename octet_same<T>::type &b) {
    return a < b ? a : b;
}
template <typename T>
HALIDE_ALWAYS_INLINE void halide_maybe_unused(const T &) {}

template <typename To, typename From>
HALIDE_ALWAYS_INLINE To reinterpret(const From &from) {
    To to;
    static_assert(sizeof to == sizeof from);
    memcpy(&to, &from, sizeof to);
    return to;
}
HALIDE_ALWAYS_INLINE float float_from_bits(uint32_t bits) {
    return reinterpret<float>(bits);
}

template <typename T>
HALIDE_ALWAYS_INLINE int halide_count_leading_zeros(T value) {
    if (value == 0)
        return 8 * (int)sizeof(T);
    return __builtin_clzll((unsigned long long)value) - (64 - 8 * (int)sizeof(T));
}
/* Without the mathematical library, which not every core's instructions replace. From 2^23 on every
 * float is an integer, and below that it fits an int32. */
HALIDE_ALWAYS_INLINE bool octet_has_fraction(float x) {
    return x > -8388608.0f && x < 8388608.0f;
}
/* Half to even. */
HALIDE_ALWAYS_INLINE float round_f32(float x) {
    if (!octet_has_fraction(x))
        return x;
    int32_t whole = (int32_t)x;
    const float rest = x - (float)whole;
    const bool odd = whole & 1;
    if (rest > 0.5f || (odd && rest == 0.5f))
        ++whole;
    else if (rest < -0.5f || (odd && rest == -0.5f))
        --whole;
    return (float)whole;
}
HALIDE_ALWAYS_INLINE float trunc_f32(float x) {
    return octet_has_fraction(x) ? (float)(int32_t)x : x;
}
HALIDE_ALWAYS_INLINE float floor_f32(float x) {
    const float whole = trunc_f32(x);
    return whole > x ? whole - 1.0f : whole;
}

/* Memory at any alignment; `a4` where it is known to be a multiple of 4. */
typedef uint32_t __attribute__((may_alias, aligned(4))) octet_u32_a4;
typedef uint64_t __attribute__((may_alias, aligned(4))) octet_u64_a4;

OCTET_INLINE uint32_t octet_load32(const void *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
OCTET_INLINE uint32_t octet_load32_a4(const void *at) {
    return *(const octet_u32_a4 *)at;
}
OCTET_INLINE uint64_t octet_load64(const void *at) {
    const uint32_t low = octet_load32(at), high = octet_load32((const char *)at + 4);
    return (uint64_t)high << 32 | low;
}
#ifndef OCTET_LOAD64_A4 /* A family may have a better one. */
#define OCTET_LOAD64_A4(at) (*(const octet_u64_a4 *)(at))
#endif
OCTET_INLINE uint64_t octet_load64_a4(const void *at) {
    return OCTET_LOAD64_A4(at);
}
OCTET_INLINE void octet_store64(void *at, uint64_t value) {
    memcpy(at, &value, sizeof value);
}
OCTET_INLINE void octet_store64_a4(void *at, uint64_t value) {
    *(octet_u64_a4 *)at = value;
}

#endif
