// Every function of targets/cortex_m/instructions.h on edge and pseudo-random words, as one hash a
// function: the same source runs on the host, with the portable forms, and on each core.
#pragma once

#include "cortex_m/instructions.h"

namespace instruction_test {

/// Words at which signs change, products are largest and sums wrap, then pseudo-random ones.
struct Words {
    uint32_t state = 1;
    int count = 0;
    uint32_t next() {
        constexpr uint32_t edges[] = {0x00000000, 0xffffffff, 0x80808080, 0x7f7f7f7f, 0x80008000,
                                      0x7fff7fff, 0x80000000, 0x7fffffff, 0x00ff00ff, 0xff00ff00,
                                      0x0000ffff, 0xffff0000, 0x00000001, 0x00010000, 0x80807f7f};
        state = state * 1664525u + 1013904223u;
        const uint32_t random = (state >> 8) ^ (state << 16);
        // Each edge meets each other one in time.
        return random % 3 == 0 ? edges[(state >> 12) % (sizeof edges / sizeof *edges)] : random;
    }
};

struct Hash {
    uint32_t value = 2166136261u;
    void add(uint32_t word) { value = (value ^ word) * 16777619u; }
    void add(int32_t word) { add((uint32_t)word); }
    void add(uint64_t words) {
        add((uint32_t)words);
        add((uint32_t)(words >> 32));
    }
};

constexpr int rounds = 3000;

/// The hash of what `function` returns on many words a, b, c.
template <typename Function>
uint32_t hash_of(const Function &function) {
    Words words;
    Hash hash;
    for (int i = 0; i < rounds; ++i) {
        const uint32_t a = words.next(), b = words.next(), c = words.next();
        hash.add(function(a, b, c));
    }
    return hash.value;
}

/// The hash of a tile of dot products over n bytes. The pointers have no alignment.
template <int Outer, int Inner, int N>
uint32_t hash_of_tile() {
    Words words;
    Hash hash;
    for (int i = 0; i < 20; ++i) {
        int8_t bytes[5][N + 4];
        for (auto &row : bytes)
            for (int8_t &byte : row)
                byte = (int8_t)words.next();
        int32_t acc[Outer * Inner];
        for (int32_t &value : acc)
            value = (int32_t)words.next() >> 4;
        octet_dot_tile<Outer, Inner, N>(acc, bytes[0], bytes[1] + 1, bytes[2] + 2, bytes[3] + 3,
                                        bytes[4] + 1);
        for (const int32_t value : acc)
            hash.add(value);
    }
    return hash.value;
}

/// Floats near integers and halves, and any bits.
inline float number(uint32_t a, uint32_t b) {
    if (b % 4 == 0)
        return (float)((int32_t)a >> 20) / 2;
    return b % 4 == 1 ? (float)(int32_t)a / 256 : float_from_bits(a);
}

inline uint32_t bits(float x) {
    return x != x ? 0 : reinterpret<uint32_t>(x + 0.0f); // zeros are equal
}

inline uint64_t pair(uint32_t low, uint32_t high) {
    return (uint64_t)high << 32 | low;
}

/// Loads and stores at each offset from an aligned address that they allow.
inline uint32_t hash_of_memory() {
    Words words;
    Hash hash;
    alignas(8) uint32_t memory[8];
    char *const bytes = (char *)memory;
    for (int i = 0; i < 64; ++i) {
        for (uint32_t &word : memory)
            word = words.next();
        hash.add(octet_load32(bytes + i % 8));
        hash.add(octet_load64(bytes + i % 8));
        hash.add(octet_load32_a4(memory + i % 7));
        hash.add(octet_load64_a4(memory + i % 7));
        hash.add(octet_load_two_words(memory + i % 7));
        const uint32_t a = words.next(), b = words.next();
        octet_store64(bytes + i % 8, pair(a, b));
        octet_store64_a4(memory + i % 7, pair(b, a));
        for (const uint32_t word : memory)
            hash.add(word);
    }
    return hash.value;
}

struct Case {
    const char *name;
    uint32_t (*hash)();
};

// A function of words as a case.
#define OCTET_CASE(expression)                                                                     \
    {                                                                                              \
#expression, [] {                                                                             \
         return hash_of([](uint32_t a, uint32_t b, uint32_t c) {                                   \
             (void)b, (void)c;                                                                     \
             return expression;                                                                    \
         });                                                                                       \
     }    \
    }

inline const Case cases[] = {
    OCTET_CASE(octet_sxtb16(a)),
    OCTET_CASE(octet_sxtb16_odd(a)),
    OCTET_CASE(octet_smlad(a, b, (int32_t)c)),
    OCTET_CASE(octet_pack_low(a, b)),
    OCTET_CASE(octet_pack_high(a, b)),
    OCTET_CASE(octet_dot4_s16_s8((int32_t)c, pair(a, b), b ^ c)),
    OCTET_CASE(octet_dot4_s8_s8((int32_t)c, a, b)),
    OCTET_CASE(octet_splat4_s16((int16_t)a)),
    OCTET_CASE(octet_widen4_s8(a)),
    OCTET_CASE(octet_smlabb(a, b, (int32_t)c)),
    OCTET_CASE(octet_smlabt(a, b, (int32_t)c)),
    OCTET_CASE(octet_smlatb(a, b, (int32_t)c)),
    OCTET_CASE(octet_smlatt(a, b, (int32_t)c)),
    OCTET_CASE(octet_smmla((int32_t)a, (int32_t)b, (int32_t)c)),
    OCTET_CASE(octet_ssat8((int32_t)a, 1)),
    OCTET_CASE(octet_ssat8((int32_t)a >> 16, 8)),
    OCTET_CASE(octet_ssat8((int32_t)a, 23)),
    OCTET_CASE(octet_ssat8((int32_t)a, 31)),
    {"octet_dot_tile<3, 2, 16>", hash_of_tile<3, 2, 16>},
    {"octet_dot_tile<2, 3, 9>", hash_of_tile<2, 3, 9>},
    {"octet_dot_tile<4, 1, 7>", hash_of_tile<4, 1, 7>},
    {"octet_dot_tile<1, 4, 12>", hash_of_tile<1, 4, 12>},
    OCTET_CASE(bits(round_f32(number(a, b)))),
    OCTET_CASE(bits(trunc_f32(number(a, b)))),
    OCTET_CASE(bits(floor_f32(number(a, b)))),
    {"loads and stores", hash_of_memory},
};
constexpr int case_count = sizeof cases / sizeof *cases;

} // namespace instruction_test
