// The part of Halide's calling convention that compiled kernels rely on, so that the runtime and
// the programs that link it need no Halide.
//
// A kernel is called through its argv form: arguments[0] points to the user context (here the
// thread pool or null), then one buffer pointer per argument. Kernels are specialised to their
// shapes and compiled without checks, so they read `host` and nothing else of a buffer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet::runtime {

/// halide_type_t.
struct HalideType {
    uint8_t code = 1; ///< unsigned integer
    uint8_t bits = 8;
    uint16_t lanes = 1;
};

/// halide_buffer_t.
struct HalideBuffer {
    uint64_t device = 0;
    const void *device_interface = nullptr;
    uint8_t *host = nullptr;
    uint64_t flags = 0;
    HalideType type;
    int32_t dimensions = 0;
    void *dim = nullptr;
    void *padding = nullptr;
};

inline constexpr size_t pointer_bytes = sizeof(void *);
static_assert(sizeof(HalideType) == 4);
static_assert(offsetof(HalideBuffer, device_interface) == 8);
static_assert(offsetof(HalideBuffer, host) == 8 + pointer_bytes);
static_assert(offsetof(HalideBuffer, flags) == 8 + 2 * pointer_bytes);
static_assert(offsetof(HalideBuffer, type) == 16 + 2 * pointer_bytes);
static_assert(offsetof(HalideBuffer, dimensions) == 20 + 2 * pointer_bytes);
static_assert(offsetof(HalideBuffer, dim) == 24 + 2 * pointer_bytes);
static_assert(sizeof(HalideBuffer) == 24 + 4 * pointer_bytes);

/// One iteration of a parallel loop; not zero means failure.
using HalideTask = int (*)(void *user_context, int index, uint8_t *closure);

} // namespace octet::runtime
