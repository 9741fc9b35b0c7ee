// Allocation of device and host memory.
#include "emulator.h"

#include <cstdlib>
#include <fmt/format.h>

using namespace octet::ptx;

namespace {

CUresult allocate(OctetCudaContext &context, CUdeviceptr *address, size_t bytes) {
    if (!bytes)
        return complain("an allocation of no bytes", CUDA_ERROR_INVALID_VALUE);
    const Allocation *allocation = context.memory.allocate(bytes);
    if (!allocation)
        return CUDA_ERROR_OUT_OF_MEMORY;
    *address = allocation->address;
    return CUDA_SUCCESS;
}

CUresult release(OctetCudaContext &context, CUdeviceptr address) {
    if (address == 0 || context.memory.free(address))
        return CUDA_SUCCESS;
    return complain(fmt::format("{:#x} is freed twice or was never allocated", address),
                    CUDA_ERROR_INVALID_VALUE);
}

} // namespace

OCTET_CUDA_API CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
    return call_in_context([&](OctetCudaContext &context) {
        if (CUresult error = synchronize(context))
            return error;
        return allocate(context, address, bytes);
    });
}

OCTET_CUDA_API CUresult cuMemFree_v2(CUdeviceptr address) {
    return call_in_context([&](OctetCudaContext &context) {
        if (CUresult error = synchronize(context))
            return error;
        return release(context, address);
    });
}

OCTET_CUDA_API CUresult cuMemAllocAsync(CUdeviceptr *address, size_t bytes, CUstream stream) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!is_stream(context, stream))
            return CUDA_ERROR_INVALID_HANDLE;
        if (reinterpret_cast<size_t>(stream) > 2 && stream->capture)
            return complain("allocations are not captured", CUDA_ERROR_NOT_SUPPORTED);
        return allocate(context, address, bytes);
    });
}

OCTET_CUDA_API CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
    return call_in_context([&](OctetCudaContext &context) {
        if (reinterpret_cast<size_t>(stream) > 2 && is_stream(context, stream) && stream->capture)
            return complain("allocations are not captured", CUDA_ERROR_NOT_SUPPORTED);
        return enqueue(context, stream, [&context, address] { return release(context, address); });
    });
}

OCTET_CUDA_API CUresult cuMemHostAlloc(void **address, size_t bytes, unsigned) {
    return call([&](Emulator &e) {
        *address = bytes ? std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096) : nullptr;
        if (!*address)
            return bytes ? CUDA_ERROR_OUT_OF_MEMORY : CUDA_ERROR_INVALID_VALUE;
        e.host_memory.insert(*address);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuMemAllocHost_v2(void **address, size_t bytes) {
    return cuMemHostAlloc(address, bytes, 0);
}

OCTET_CUDA_API CUresult cuMemFreeHost(void *address) {
    return call([&](Emulator &e) {
        if (!e.host_memory.erase(address))
            return complain("host memory is freed twice or was never allocated",
                            CUDA_ERROR_INVALID_VALUE);
        std::free(address);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuMemHostRegister_v2(void *address, size_t bytes, unsigned) {
    return call(
        [&](Emulator &) { return address && bytes ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; });
}

OCTET_CUDA_API CUresult cuMemHostUnregister(void *) {
    return call([](Emulator &) { return CUDA_SUCCESS; });
}

OCTET_CUDA_API CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
    return call_in_context([&](OctetCudaContext &context) {
        *total = context.memory.limit();
        *free = context.memory.limit() - context.memory.used();
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuMemGetAddressRange_v2(CUdeviceptr *base, size_t *bytes,
                                                CUdeviceptr address) {
    return call_in_context([&](OctetCudaContext &context) {
        const Allocation *allocation = context.memory.find(address, 1);
        if (!allocation)
            return CUDA_ERROR_NOT_FOUND;
        if (base)
            *base = allocation->address;
        if (bytes)
            *bytes = allocation->size;
        return CUDA_SUCCESS;
    });
}

// The context (1) and the kind of memory (2: 2 for the device's) of an address.
OCTET_CUDA_API CUresult cuPointerGetAttribute(void *value, int attribute, CUdeviceptr address) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!context.memory.find(address, 1))
            return CUDA_ERROR_INVALID_VALUE;
        if (attribute == 1)
            *static_cast<CUcontext *>(value) = &context;
        else if (attribute == 2)
            *static_cast<unsigned *>(value) = 2;
        else
            return CUDA_ERROR_INVALID_VALUE;
        return CUDA_SUCCESS;
    });
}
