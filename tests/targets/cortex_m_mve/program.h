// Every function of targets/cortex_m/instructions_mve.h on pseudo-random data, as hashes: the same
// source runs on the host, with the portable functions, and on a core with MVE.
#pragma once

#include "cortex_m/instructions_mve.h"

namespace mve_test {

constexpr int bytes = 4096;

struct Data {
    int8_t x[bytes], w[bytes], out[bytes];
    int32_t acc[8], r[4], m[4], d[4];
};

struct Random {
    uint32_t state = 1;
    uint32_t next() {
        state = state * 1664525u + 1013904223u;
        return state >> 8 | state << 24;
    }
    void fill(Data &data) {
        for (int i = 0; i < bytes; ++i) {
            data.x[i] = (int8_t)next();
            data.w[i] = (int8_t)next();
            data.out[i] = 7;
        }
        for (int i = 0; i < 8; ++i)
            data.acc[i] = (int32_t)next() >> 12;
        for (int i = 0; i < 4; ++i) {
            data.r[i] = (int32_t)next() >> 10;
            data.m[i] = (int32_t)(next() >> 2) + (1 << 29);
            data.d[i] = (int32_t)next() >> 14;
        }
        // The extremes.
        for (int i = 0; i < 64; ++i)
            data.x[i] = data.w[i] = -128;
        data.acc[0] = INT32_MAX >> 8;
        data.acc[1] = INT32_MIN >> 8;
        data.acc[2] = -1;
        data.acc[3] = 0;
    }
};

inline uint32_t hash(const Data &data) {
    uint32_t result = 2166136261u;
    const auto add = [&](uint32_t value) { result = (result ^ value) * 16777619u; };
    for (int i = 0; i < bytes; ++i)
        add((uint8_t)data.out[i]);
    for (int i = 0; i < 8; ++i)
        add((uint32_t)data.acc[i]);
    return result;
}

template <int Left, int Shift, bool Sign, int Lo, int Hi>
void requantize(Data &data) {
    octet_requantize4<Left, Shift, Sign, Lo, Hi>(data.out + 1, data.acc, data.r, data.m, data.d);
    octet_requantize4_apart<Left, Shift, Sign, Lo, Hi, 5, 4>(data.out + 64, data.acc + 1, data.r[1],
                                                             data.m[1], data.d[1]);
    octet_requantize4_apart<Left, Shift, Sign, Lo, Hi, 40, 3>(data.out + 128, data.acc + 2,
                                                              data.r[2], data.m[2], data.d[2]);
}

template <int Pixels, int Steps, int Apart, int Tail = 16>
void dot16(Data &data) {
    octet_dot16_s8<Pixels, Steps, Apart, Tail>(data.acc, data.x + 3, data.w + 1);
}

template <int Height, int Width, int Apart, int PadLeft, int Columns>
void interleave(Data &data) {
    for (int first = -2; first < Height; ++first) {
        octet_interleave_rows<Height, Width, Apart, Width * Apart, PadLeft, Columns>(
            data.out + 512, data.x, first, -9);
        data.acc[0] += (int32_t)hash(data);
    }
}

using Case = void (*)(Data &);
inline const Case cases[] = {
    [](Data &data) { octet_copy<37>(data.out + 5, data.x + 3); },
    [](Data &data) { octet_copy<16>(data.acc, data.r); },
    [](Data &data) { octet_fill<21>(data.out + 3, -5); },
    [](Data &data) { octet_fill4_s32<0>(data.acc, -77); },
    dot16<1, 1, 0>,
    dot16<1, 8, 0>,
    dot16<1, 9, 0>,
    dot16<1, 14, 0>,
    dot16<2, 1, 16>,
    dot16<2, 5, 48>,
    dot16<2, 12, 3>,
    dot16<2, 13, 64>,
    dot16<1, 1, 0, 8>,
    dot16<1, 12, 0, 15>,
    dot16<2, 1, 8, 3>,
    dot16<2, 2, 30, 1>,
    dot16<2, 14, 64, 10>,
    requantize<0, 0, false, -128, 127>,
    requantize<0, 8, true, -128, 127>,
    requantize<6, 16, false, -128, 127>,
    requantize<7, 16, true, -100, 90>,
    requantize<7, 20, true, -128, 127>,
    [](Data &data) { octet_dots4x4_s8<16, 16>(data.acc, data.x + 4, data.w + 1); },
    [](Data &data) { octet_dots4x4_s8<32, 48>(data.acc + 4, data.x, data.w); },
    interleave<5, 8, 4, 1, 12>,
    interleave<4, 7, 12, 0, 11>,
    interleave<3, 3, 8, 2, 16>,
};
constexpr int case_count = sizeof cases / sizeof *cases;

/// The hash after a case, on data of its own.
inline uint32_t run(int n, Data &data) {
    Random random{(uint32_t)n * 7919u + 1u};
    random.fill(data);
    cases[n](data);
    return hash(data);
}

} // namespace mve_test
