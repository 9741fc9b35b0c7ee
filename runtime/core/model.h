// A bound model: the tables from which it runs.
//
// Everything that a run needs is laid out once, in memory that the caller provides: for each call
// the kernel and its argument pointers, for each argument Halide's buffer. A run then is a loop of
// indirect calls; only pointers to the caller's inputs and outputs are patched, and only when they
// differ from the last run's.
#pragma once

#include "octet/octet.h"
#include "runtime/core/device.h"
#include "runtime/cpu/halide_abi.h"
#include "runtime/octet_file_generated.h"

#include <cstddef>
#include <cstdint>

namespace octet::runtime {

/// One call, ready to run.
struct Step {
    octet_kernel kernel;
    void **arguments;
};

/// A buffer that follows a caller's array.
struct Patch {
    HalideBuffer *buffer;
    uint64_t offset;
};

/// A model input or output: the array that it is bound to and the buffers that must follow it.
struct Port {
    octet_tensor_info info;
    uint8_t *bound;
    Patch *patches;
    uint32_t patch_count;
};

} // namespace octet::runtime

struct octet_model {
    const octet::file::Program *program;
    octet::runtime::Step *steps;
    octet::runtime::Port *inputs;
    octet::runtime::Port *outputs;
    uint8_t *arena;
    void *context; ///< Halide's user context: the thread pool, null for one thread; the device.
    const octet_device *device; ///< Null: the CPU.
};

namespace octet::runtime {

/// Size and alignment of the memory that bind() needs for the tables of a verified `program`.
size_t table_bytes(const file::Program &program);
inline constexpr size_t table_alignment = 64;

/// Builds the tables in `tables` and fills in `model`, which must not move afterwards: the kernels'
/// arguments point to its `context`. `program` and `library` are verified; the arena is 64-aligned
/// and has arena_bytes(program) bytes.
void bind(const file::Program &program, const octet_library &library, void *tables,
          const Placement &placement, octet_model &model);

/// Checks that each of the caller's arrays is there and aligned to its element.
octet_status check_arrays(const octet_model &model, const void *const *inputs,
                          void *const *outputs);

/// Checks that the model runs on that many images.
octet_status check_images(const octet_model &model, size_t count);

/// Points the kernels to another array of a port.
void attach(Port &port, uint8_t *array);

/// Runs one call on what is bound.
octet_status run_step(const octet_model &model, size_t index);

} // namespace octet::runtime
