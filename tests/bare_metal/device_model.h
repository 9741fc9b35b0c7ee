// A small model for the tests in an emulator; its kernels are in device_kernels.c.
#pragma once

#include "compiler/emit/model_file.h"

namespace octet::test {

inline constexpr int device_rows = 4, device_columns = 64;
inline constexpr uint32_t device_elements = device_rows * device_columns;
/// The counts of the two spinning calls, and the stack of the two calls that use it.
inline constexpr uint32_t device_spins[] = {1000, 301000};
inline constexpr uint32_t device_stack[] = {600, 1800};

/// The calls, in order.
enum DeviceCall { add, sums, spin_short, spin_long, stack_small, stack_large, misbehave };

/// sums[r] = sum over c of uint8(a[r][c] + w[c]); the other calls compute nothing.
lower::Program device_program();
Bytes device_image();

} // namespace octet::test
