#include "fatbin.h"

#include <cstdint>
#include <cstring>

namespace octet::ptx {
namespace {

constexpr uint32_t fatbin_magic = 0xba55ed50, wrapper_magic = 0x466243b1, elf_magic = 0x464c457f;
constexpr uint16_t ptx_kind = 1;
constexpr uint64_t compressed_flags = 0x2000 | 0x8000; // LZ4, Zstandard.

struct Header {
    uint32_t magic;
    uint16_t version, header_bytes;
    uint64_t bytes;
};

struct Entry {
    uint16_t kind, version;
    uint32_t header_bytes;
    uint64_t bytes; ///< With padding.
    uint32_t compressed_bytes, unknown;
    uint16_t minor, major;
    uint32_t capability;
    uint32_t name_offset, name_bytes;
    uint64_t flags;
};
static_assert(sizeof(Header) == 16 && sizeof(Entry) == 48);

template <class T>
T at(const void *bytes, uint64_t offset = 0) {
    T value;
    std::memcpy(&value, static_cast<const char *>(bytes) + offset, sizeof value);
    return value;
}

Image find_in_fatbin(const void *image, int capability) {
    const Header header = at<Header>(image);
    const char *bytes = static_cast<const char *>(image) + header.header_bytes;
    Image best{{}, "the fat binary has machine code only, no PTX that this card could take"};
    uint32_t best_capability = 0;
    for (uint64_t offset = 0; offset + sizeof(Entry) <= header.bytes;) {
        const Entry entry = at<Entry>(bytes, offset);
        const char *payload = bytes + offset + entry.header_bytes;
        offset += entry.header_bytes + entry.bytes;
        if (offset > header.bytes || entry.header_bytes < sizeof(Entry))
            return {{}, "the fat binary is damaged"};
        if (entry.kind != ptx_kind || entry.capability > static_cast<uint32_t>(capability) ||
            entry.capability < best_capability)
            continue;
        best_capability = entry.capability;
        if (entry.flags & compressed_flags)
            best = {{}, "the PTX of the fat binary is compressed; make it with --compress=false"};
        else
            best = {{payload, strnlen(payload, entry.bytes)}, ""};
    }
    return best;
}

} // namespace

Image find_ptx(const void *image, int capability) {
    struct Wrapper {
        uint32_t magic, version;
        const void *data;
    };
    const uint32_t magic = at<uint32_t>(image);
    if (magic == wrapper_magic)
        return find_ptx(at<Wrapper>(image).data, capability);
    if (magic == fatbin_magic)
        return find_in_fatbin(image, capability);
    if (magic == elf_magic)
        return {{}, "the image is machine code (a cubin); the interpreter needs PTX"};
    return {static_cast<const char *>(image), ""};
}

} // namespace octet::ptx
