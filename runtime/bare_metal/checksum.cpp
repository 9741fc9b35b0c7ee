#include "runtime/bare_metal/checksum.h"

namespace octet::bare_metal {
namespace {

constexpr uint64_t basis = 14695981039346656037u;
constexpr uint32_t prime_low = 435; // the rest of the prime is 2^40
constexpr size_t lanes = 4;

/// Multiplies by prime_low and returns what goes beyond 32 bits.
inline uint32_t multiply(uint32_t &value) {
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
    // Without an instruction for long products: by halves, whose products have 25 bits.
    const uint32_t bottom = (value & 0xffff) * prime_low;
    const uint32_t top = (value >> 16) * prime_low + (bottom >> 16);
    value = top << 16 | (bottom & 0xffff);
    return top >> 16;
#else
    const uint64_t product = uint64_t(value) * prime_low;
    value = uint32_t(product);
    return uint32_t(product >> 32);
#endif
}

/// hash = (hash ^ word) * prime, on halves.
struct Hash {
    uint32_t low = uint32_t(basis), high = uint32_t(basis >> 32);

    // Inlined also where size matters most, because a hash in memory doubles the loop's length.
    __attribute__((always_inline)) void add(uint32_t word_low, uint32_t word_high) {
        low ^= word_low;
        high ^= word_high;
        high = high * prime_low + (low << 8);
        high += multiply(low);
    }
};

/// The hash of every fourth word from `first` on, up to the end of the block that the last word
/// lies in; words beyond the end count as zero, and so does word `zero_word`.
Hash hash_lane(const uint32_t *image, size_t words, size_t first, size_t zero_word) {
    Hash hash;
    size_t i = first;
    for (; i < words; i += lanes) {
        const uint32_t *word = image + 2 * i;
        const bool counts = i != zero_word;
        hash.add(counts ? word[0] : 0, counts ? word[1] : 0);
    }
    if (i < (words + lanes - 1) / lanes * lanes)
        hash.add(0, 0);
    return hash;
}

} // namespace

uint64_t checksum(const uint8_t *image, size_t bytes, size_t field) {
    const auto *words = reinterpret_cast<const uint32_t *>(image);
    Hash hash;
    for (size_t lane = 0; lane < lanes; ++lane) {
        const Hash of_lane = hash_lane(words, bytes / 8, lane, field / 8);
        hash.add(of_lane.low, of_lane.high);
    }
    hash.add(uint32_t(bytes), 0); // images are below 2 GiB
    return uint64_t(hash.high) << 32 | hash.low;
}

} // namespace octet::bare_metal
