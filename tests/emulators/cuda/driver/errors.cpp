// Names of errors, and the table of all functions by name.
#include "emulator.h"

#include <cstring>
#include <dlfcn.h>
#include <string>

using namespace octet::ptx;

namespace {

struct Named {
    CUresult error;
    const char *name, *text;
};
constexpr Named errors[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {CUDA_ERROR_NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {CUDA_ERROR_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {CUDA_ERROR_INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {CUDA_ERROR_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {CUDA_ERROR_NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device"},
    {CUDA_ERROR_INVALID_PTX, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {CUDA_ERROR_INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {CUDA_ERROR_NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {CUDA_ERROR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS",
     "an illegal memory access was encountered"},
    {CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
     "too many resources requested for launch"},
    {CUDA_ERROR_LAUNCH_TIMEOUT, "CUDA_ERROR_LAUNCH_TIMEOUT",
     "the launch timed out and was terminated"},
    {CUDA_ERROR_MISALIGNED_ADDRESS, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {CUDA_ERROR_UNKNOWN, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const Named *find(CUresult error) {
    for (const Named &named : errors)
        if (named.error == error)
            return &named;
    return nullptr;
}

} // namespace

OCTET_CUDA_API CUresult cuGetErrorName(CUresult error, const char **name) {
    const Named *named = find(error);
    *name = named ? named->name : nullptr;
    return named ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

OCTET_CUDA_API CUresult cuGetErrorString(CUresult error, const char **text) {
    const Named *named = find(error);
    *text = named ? named->text : nullptr;
    return named ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

// Functions of this library, under their plain names or with the version that is newest here.
OCTET_CUDA_API CUresult cuGetProcAddress_v2(const char *name, void **function, int,
                                            unsigned long long, int *status) {
    Dl_info own{};
    dladdr(reinterpret_cast<void *>(&cuGetProcAddress_v2), &own);
    void *library = dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    *function = nullptr;
    for (const char *version : {"_v2", ""})
        if (library && !*function)
            *function = dlsym(library, (std::string(name) + version).c_str());
    if (library)
        dlclose(library);
    if (status)
        *status = *function ? 0 : 1;
    return *function ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

OCTET_CUDA_API CUresult cuGetProcAddress(const char *name, void **function, int version,
                                         unsigned long long flags) {
    return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}
