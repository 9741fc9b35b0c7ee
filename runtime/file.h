// What the writer and the readers of a model file agree on beyond its schema (octet_file.fbs):
// format version, alignment, limits and the checksum.
//
// The limits are far above any real network. They bound the time and memory that a hostile file can
// cost before it is refused, because FlatBuffers lets many offsets share one table.
#pragma once

// C's headers: a compiler for a bare chip may come without a C++ library.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace octet::file {

/// Raised whenever octet_file.fbs or the meaning of one of its fields changes.
inline constexpr uint32_t format_version = 4;

/// Alignment, in bytes, of the weights in the file, and on systems with caches of the file image,
/// of the arena, and of every argument's offset in weights and arena: a cache line and the widest
/// vector register.
inline constexpr size_t alignment = 64;

/// The least that Program.alignment may be. Small chips pay for every byte of padding.
inline constexpr size_t min_alignment = 16;

inline constexpr size_t max_calls = size_t(1) << 16;
inline constexpr size_t max_arguments = 64; ///< of one call
inline constexpr size_t max_tensors = 256;  ///< model inputs, and again model outputs
inline constexpr size_t max_rank = 8;
inline constexpr size_t max_arenas = 4;
inline constexpr size_t max_bytes = (size_t(1) << 31) - 8; ///< of a file: FlatBuffers' own limit

/// The checksum of a file image of `bytes` bytes, a multiple of 8, whose checksum field lies at
/// `field`, also a multiple of 8; that field counts as zero.
///
/// FNV-1a on little-endian 64-bit words instead of bytes: hash = (hash ^ word) * prime. Word i goes
/// to lane i mod 4, which hides the multiplier's latency (about 8 bytes per cycle); each lane gets
/// as many words, those beyond the end being zero. The four lanes and the size in bytes are hashed
/// into one value in the same way. Each step is a bijection of the word, so any change confined to
/// one word is always found.
inline uint64_t checksum(const void *image, size_t bytes, size_t field) {
    constexpr uint64_t basis = 14695981039346656037u;
    constexpr uint64_t prime = 1099511628211u;
    constexpr size_t lanes = 4;
    const auto *data = static_cast<const unsigned char *>(image);
    const size_t words = bytes / 8;
    const size_t zero_word = field / 8;
    const size_t zero_block = zero_word / lanes;

    uint64_t lane[lanes] = {basis, basis, basis, basis};
    for (size_t block = 0; block * lanes < words; ++block) {
        const size_t first = block * lanes;
        uint64_t word[lanes] = {};
        const size_t count = words - first < lanes ? words - first : lanes;
        if (count == lanes)
            memcpy(word, data + first * 8, sizeof word);
        else
            memcpy(word, data + first * 8, count * 8);
        if (block == zero_block)
            word[zero_word % lanes] = 0;
        for (size_t k = 0; k < lanes; ++k)
            lane[k] = (lane[k] ^ word[k]) * prime;
    }
    uint64_t hash = basis;
    for (uint64_t value : lane)
        hash = (hash ^ value) * prime;
    return (hash ^ bytes) * prime;
}

} // namespace octet::file
