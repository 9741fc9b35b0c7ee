// The runtime's own declarations against Halide's, which kernels are compiled with.
#include "runtime/cpu/halide_abi.h"

#include <HalideRuntime.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <type_traits>

using octet::runtime::HalideBuffer;
using octet::runtime::HalideTask;
using octet::runtime::HalideType;

static_assert(sizeof(HalideBuffer) == sizeof(halide_buffer_t));
static_assert(alignof(HalideBuffer) == alignof(halide_buffer_t));
static_assert(offsetof(HalideBuffer, device) == offsetof(halide_buffer_t, device));
static_assert(offsetof(HalideBuffer, host) == offsetof(halide_buffer_t, host));
static_assert(offsetof(HalideBuffer, flags) == offsetof(halide_buffer_t, flags));
static_assert(offsetof(HalideBuffer, type) == offsetof(halide_buffer_t, type));
static_assert(offsetof(HalideBuffer, dimensions) == offsetof(halide_buffer_t, dimensions));
static_assert(offsetof(HalideBuffer, dim) == offsetof(halide_buffer_t, dim));
static_assert(sizeof(HalideType) == sizeof(halide_type_t));
static_assert(offsetof(HalideType, bits) == offsetof(halide_type_t, bits));
static_assert(offsetof(HalideType, lanes) == offsetof(halide_type_t, lanes));
static_assert(std::is_same_v<HalideTask, halide_task_t>);

TEST_CASE("A fresh buffer is what Halide calls an empty array of uint8") {
    HalideBuffer buffer;
    halide_buffer_t theirs;
    static_assert(sizeof buffer == sizeof theirs);
    std::memcpy(static_cast<void *>(&theirs), &buffer, sizeof theirs);
    CHECK(theirs.type == halide_type_of<uint8_t>());
    CHECK(theirs.dimensions == 0);
    CHECK(theirs.device_interface == nullptr);
    CHECK_FALSE(theirs.host_dirty());
}
