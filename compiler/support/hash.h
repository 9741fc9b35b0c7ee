// FNV-1a, for names and cache keys. Not for security.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet {

/// 64-bit FNV-1a of `size` bytes, continuing from `hash`.
inline uint64_t fnv1a(const void *data, size_t size, uint64_t hash = 0xcbf29ce484222325u) {
    const auto *bytes = static_cast<const uint8_t *>(data);
    for (size_t i = 0; i < size; ++i)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

} // namespace octet
