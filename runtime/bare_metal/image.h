// Reading a model image (octet_file.fbs) without FlatBuffers' headers, which want a C++ library.
//
// A FlatBuffer table starts with the distance back to its vtable; the vtable says, two bytes per
// field, where in the table the field lies, 0 where it is absent. A field of a variable size holds
// the distance forward to its vector: a count, then the elements. All numbers are little-endian and
// aligned to their size from the image's start. The functions here believe what they read;
// octet_bare_open has looked at every table and vector first (check.h).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace octet::bare_metal {

/// Positions of the fields in their vtables: 4 bytes of header, then 2 for each field in the
/// schema's order.
struct ProgramField {
    enum : uint32_t {
        format = 4,
        target = 8,
        fingerprint = 12,
        inputs = 14,
        outputs = 16,
        arenas = 18,
        kernels = 20,
        calls = 22,
        weights = 24,
        checksum = 26,
    };
};
struct CallField {
    enum : uint32_t { kernel = 4, arguments = 6 };
};
struct TensorField {
    enum : uint32_t { name = 4, dtype = 6, shape = 8, scale = 10, zero_point = 12 };
};

enum class Region : uint8_t { arena = 0, weights = 1, input = 2, output = 3 };

/// The schema's structs; the halves of their 64-bit numbers apart, because a 32-bit core has no
/// others.
struct Arena {
    uint32_t bytes, bytes_high;
    uint32_t lower_bound, lower_bound_high;
};
static_assert(sizeof(Arena) == 16);

struct Argument {
    Region region;
    uint16_t index;
    uint32_t padding;
    uint32_t offset, offset_high;
    uint32_t bytes, bytes_high;
};
static_assert(sizeof(Argument) == 24 && offsetof(Argument, index) == 2 &&
              offsetof(Argument, offset) == 8 && offsetof(Argument, bytes) == 16);

template <typename T>
const T &at(const uint8_t *place) {
    return *reinterpret_cast<const T *>(place);
}

/// What the 32-bit distance at `place` leads to.
inline const uint8_t *follow(const uint8_t *place) {
    return place + at<uint32_t>(place);
}

/// The place of a field in its table; null when the table does not have it.
inline const uint8_t *find(const uint8_t *table, uint32_t field) {
    const uint8_t *vtable = table - at<int32_t>(table);
    const uint32_t offset = field < at<uint16_t>(vtable) ? at<uint16_t>(vtable + field) : 0u;
    return offset == 0 ? nullptr : table + offset;
}

/// A number; 0, the schema's default, when the table does not have it.
template <typename T>
T number(const uint8_t *table, uint32_t field) {
    const uint8_t *place = find(table, field);
    return place == nullptr ? T{} : at<T>(place);
}

/// A vector that is known to be there.
inline const uint8_t *vector(const uint8_t *table, uint32_t field) {
    return follow(find(table, field));
}

inline uint32_t count(const uint8_t *vector) {
    return at<uint32_t>(vector);
}
inline const uint8_t *elements(const uint8_t *vector) {
    return vector + 4;
}
/// Bytes of arena `i` of a program; 0 when it has no such arena.
inline uint32_t arena_bytes(const uint8_t *program, uint32_t i) {
    const uint8_t *arenas = vector(program, ProgramField::arenas);
    return i < count(arenas) ? (&at<Arena>(elements(arenas)))[i].bytes : 0;
}
/// Table `i` of a vector of tables.
inline const uint8_t *table(const uint8_t *vector, uint32_t i) {
    return follow(elements(vector) + 4 * size_t(i));
}

/// Bytes of one element of an octet_dtype; 0 when there is no such type.
inline uint32_t element_bytes(uint32_t dtype) {
    // One digit per type, the first in the lowest: f32, s8, u8, s16, s32, s64, bool.
    return dtype < 7 ? 0x1842114u >> 4 * dtype & 15 : 0;
}
static_assert((0x1842114u >> 20 & 15) == 8);

} // namespace octet::bare_metal
