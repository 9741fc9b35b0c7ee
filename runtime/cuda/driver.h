// NVIDIA's driver, opened at run time: the functions of its API that the runtime uses.
//
// Only names and types that the driver's ABI fixes stand here, so that neither building nor linking
// needs the CUDA toolkit. Source: CUDA Driver API reference, versions as exported by libcuda.so.1.
#pragma once

#include "octet/octet.h"

#include <cstddef>
#include <cstdint>

namespace octet::runtime::cuda {

using Handle = void *; ///< CUcontext, CUmodule, CUfunction, CUstream, CUgraph, CUgraphExec
using Address = uint64_t;

enum Result : int {
    success = 0,
    invalid_value = 1,
    out_of_memory = 2,
    no_device = 100,
    invalid_image = 200,
    invalid_context = 201,
    no_binary_for_gpu = 209,
    invalid_ptx = 218,
    unsupported_ptx_version = 222,
    invalid_handle = 400,
    not_found = 500,
};

enum Attribute : int { capability_major = 75, capability_minor = 76 };
inline constexpr int memory_type_attribute = 2; ///< CU_POINTER_ATTRIBUTE_MEMORY_TYPE
inline constexpr unsigned device_memory = 2;    ///< CU_MEMORYTYPE_DEVICE
inline constexpr unsigned non_blocking = 1;     ///< CU_STREAM_NON_BLOCKING
inline constexpr int relaxed_capture = 2;       ///< CU_STREAM_CAPTURE_MODE_RELAXED
inline constexpr int max_dynamic_shared = 8;    ///< CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
inline constexpr int jit_error_log = 5, jit_error_log_bytes = 6; ///< CU_JIT_ERROR_LOG_BUFFER...

/// What a driver must be at least, as cuDriverGetVersion says it: 11.4, for graphs.
inline constexpr int least_version = 11040;

/// Member, exported name, parameters.
#define OCTET_CUDA_FUNCTIONS(F)                                                                    \
    F(init, "cuInit", (unsigned))                                                                  \
    F(version, "cuDriverGetVersion", (int *))                                                      \
    F(error_string, "cuGetErrorString", (int, const char **))                                      \
    F(device_count, "cuDeviceGetCount", (int *))                                                   \
    F(device_get, "cuDeviceGet", (int *, int))                                                     \
    F(device_name, "cuDeviceGetName", (char *, int, int))                                          \
    F(device_attribute, "cuDeviceGetAttribute", (int *, int, int))                                 \
    F(primary_retain, "cuDevicePrimaryCtxRetain", (Handle *, int))                                 \
    F(primary_release, "cuDevicePrimaryCtxRelease_v2", (int))                                      \
    F(context_push, "cuCtxPushCurrent_v2", (Handle))                                               \
    F(context_pop, "cuCtxPopCurrent_v2", (Handle *))                                               \
    F(context_device, "cuCtxGetDevice", (int *))                                                   \
    F(module_load, "cuModuleLoadDataEx", (Handle *, const void *, unsigned, int *, void **))       \
    F(module_unload, "cuModuleUnload", (Handle))                                                   \
    F(module_function, "cuModuleGetFunction", (Handle *, Handle, const char *))                    \
    F(function_set, "cuFuncSetAttribute", (Handle, int, int))                                      \
    F(allocate, "cuMemAlloc_v2", (Address *, size_t))                                              \
    F(free, "cuMemFree_v2", (Address))                                                             \
    F(copy_to_device, "cuMemcpyHtoDAsync_v2", (Address, const void *, size_t, Handle))             \
    F(copy_to_host, "cuMemcpyDtoHAsync_v2", (void *, Address, size_t, Handle))                     \
    F(fill, "cuMemsetD8Async", (Address, unsigned char, size_t, Handle))                           \
    F(pointer_attribute, "cuPointerGetAttribute", (void *, int, Address))                          \
    F(launch, "cuLaunchKernel",                                                                    \
      (Handle, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, Handle,       \
       void **, void **))                                                                          \
    F(stream_create, "cuStreamCreate", (Handle *, unsigned))                                       \
    F(stream_destroy, "cuStreamDestroy_v2", (Handle))                                              \
    F(stream_wait, "cuStreamSynchronize", (Handle))                                                \
    F(capture_status, "cuStreamIsCapturing", (Handle, int *))                                      \
    F(capture_begin, "cuStreamBeginCapture_v2", (Handle, int))                                     \
    F(capture_end, "cuStreamEndCapture", (Handle, Handle *))                                       \
    F(graph_instantiate, "cuGraphInstantiateWithFlags", (Handle *, Handle, unsigned long long))    \
    F(graph_launch, "cuGraphLaunch", (Handle, Handle))                                             \
    F(graph_destroy, "cuGraphDestroy", (Handle))                                                   \
    F(graph_exec_destroy, "cuGraphExecDestroy", (Handle))

struct Driver {
    void *library = nullptr;
#define OCTET_CUDA_MEMBER(member, name, parameters) int(*member) parameters = nullptr;
    OCTET_CUDA_FUNCTIONS(OCTET_CUDA_MEMBER)
#undef OCTET_CUDA_MEMBER

    /// Opens `file`, finds all functions and initializes. `name` stands for the model in messages.
    octet_status open(const char *file, const char *name);
    void close();
    /// What an error code means, in the driver's words.
    const char *text(int error) const;
};

/// The status for an error of the driver.
octet_status status_of(int error);

} // namespace octet::runtime::cuda
