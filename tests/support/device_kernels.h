// The kernels of a model that was compiled for a device, as its runtime would see them: images,
// grids and sizes, without a device.
#pragma once

#include "compiler/compile.h"
#include "runtime/include/octet/device.h"

#include <vector>

namespace octet::test {

/// Loads the model's shared library and asks each kernel for what it would launch. The library
/// stays loaded, since the result points into it. Throws Error.
std::vector<octet_device_kernel> device_kernels(const Compiled &compiled);

} // namespace octet::test
