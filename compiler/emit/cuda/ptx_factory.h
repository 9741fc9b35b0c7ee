// The place where Octet sees each kernel before Halide's PTX back end does.
//
// libHalide makes its back ends by functions that an executable may replace by defining them
// itself. Ours returns Halide's back end in a wrapper that changes kernels first. A replacement
// that did not take effect would go unnoticed, so `DeviceKernels` counts the kernels that it saw.
#pragma once

#include "compiler/target/target.h"

#include <cstdint>
#include <map>
#include <string>

namespace octet::emit {

/// Whether this build has the tile functions of targets/cuda/tiles.ll in Halide's device module.
bool has_tile_functions();

/// Throws Error where the target counts on tile functions and Octet was built without them.
void require_tile_functions(const Target &target, bool built = has_tile_functions());

/// What the wrapper does to the kernels of the pipeline that this thread lowers while it lives, and
/// what it saw.
class DeviceKernels {
public:
    explicit DeviceKernels(int stages);
    ~DeviceKernels();
    DeviceKernels(const DeviceKernels &) = delete;
    DeviceKernels &operator=(const DeviceKernels &) = delete;

    /// How many times the shared memory that Halide knows of a function needs. Throws Error where
    /// the wrapper never saw it.
    uint32_t shared_factor(const std::string &function) const;

    const int stages; ///< of copies into shared memory; 1: as they are
    std::map<std::string, uint32_t> shared_factors;
};

} // namespace octet::emit
