// Bandwidth of one core: blocks that fit each cache, and one that fits none.
#include "bench/peak/sample.h"

#include <immintrin.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace octet {
namespace {

constexpr uint64_t step_bytes = 512; ///< eight vectors of 64 bytes or sixteen of 32

__attribute__((target("avx512f"))) void read_avx512(const char *block, uint64_t bytes) {
    for (const char *at = block; at != block + bytes; at += step_bytes) {
#pragma GCC unroll 8
        for (uint64_t i = 0; i < step_bytes; i += 64) {
            __m512i value = _mm512_load_si512(at + i);
            asm volatile("" : : "v"(value));
        }
    }
}

__attribute__((target("avx512f"))) void write_avx512(char *block, uint64_t bytes) {
    for (char *at = block; at != block + bytes; at += step_bytes) {
#pragma GCC unroll 8
        for (uint64_t i = 0; i < step_bytes; i += 64)
            _mm512_store_si512(at + i, _mm512_setzero_si512());
        asm volatile("" : : : "memory"); // or this becomes a call of memset
    }
}

__attribute__((target("avx2"))) void read_avx2(const char *block, uint64_t bytes) {
    for (const char *at = block; at != block + bytes; at += step_bytes) {
#pragma GCC unroll 16
        for (uint64_t i = 0; i < step_bytes; i += 32) {
            __m256i value = _mm256_load_si256(reinterpret_cast<const __m256i *>(at + i));
            asm volatile("" : : "x"(value));
        }
    }
}

__attribute__((target("avx2"))) void write_avx2(char *block, uint64_t bytes) {
    for (char *at = block; at != block + bytes; at += step_bytes) {
#pragma GCC unroll 16
        for (uint64_t i = 0; i < step_bytes; i += 32)
            _mm256_store_si256(reinterpret_cast<__m256i *>(at + i), _mm256_setzero_si256());
        asm volatile("" : : : "memory");
    }
}

uint64_t cache_bytes(int name, uint64_t otherwise) {
    long bytes = sysconf(name);
    return bytes > 0 ? uint64_t(bytes) : otherwise;
}

MemoryRate measure_block(const char *level, uint64_t bytes) {
    MemoryRate rate{level, bytes / step_bytes * step_bytes, {}, {}};
    struct Free {
        void operator()(char *block) const { std::free(block); }
    };
    std::unique_ptr<char, Free> block(
        static_cast<char *>(std::aligned_alloc(step_bytes, rate.bytes)));
    if (!block)
        return rate;
    bool wide = __builtin_cpu_supports("avx512f");
    auto read = wide ? read_avx512 : read_avx2;
    auto write = wide ? write_avx512 : write_avx2;
    write(block.get(), rate.bytes); // every page exists before it is read

    // Small blocks many times, so that a run takes well over the clock's resolution.
    uint64_t times = std::max<uint64_t>(1, (uint64_t(8) << 20) / rate.bytes);
    double moved = double(times * rate.bytes);
    rate.read = sample(moved, [&] {
        for (uint64_t i = 0; i < times; ++i)
            read(block.get(), rate.bytes);
    });
    rate.write = sample(moved, [&] {
        for (uint64_t i = 0; i < times; ++i)
            write(block.get(), rate.bytes);
    });
    return rate;
}

} // namespace

std::vector<MemoryRate> measure_memory() {
    if (!__builtin_cpu_supports("avx2"))
        return {};
    uint64_t l1 = cache_bytes(_SC_LEVEL1_DCACHE_SIZE, 32 << 10);
    uint64_t l2 = cache_bytes(_SC_LEVEL2_CACHE_SIZE, 1 << 20);
    // What virtual machines say of the last level is often the whole socket's; a few times L2 is
    // past L2 and within any slice of L3, and 256 MiB are past both.
    return {measure_block("L1", l1 / 2), measure_block("L2", l2 / 2), measure_block("L3", l2 * 6),
            measure_block("DRAM", uint64_t(256) << 20)};
}

} // namespace octet
