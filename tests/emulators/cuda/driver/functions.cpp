// Attributes of kernels.
#include "emulator.h"

#include <algorithm>

using namespace octet::ptx;

namespace {

// Of CUfunction_attribute.
enum Attribute {
    MaxThreads = 0,
    SharedBytes = 1,
    ConstBytes = 2,
    LocalBytes = 3,
    Registers = 4,
    PtxVersion = 5,
    BinaryVersion = 6,
    MaxDynamicShared = 8,
    Carveout = 9
};

// Registers that an assembler would need are not known; those of the text, at most what there are.
int registers(const Kernel &kernel) {
    return std::min(kernel.declared_registers, 255);
}

} // namespace

OCTET_CUDA_API CUresult cuFuncGetAttribute(int *value, int attribute, CUfunction function) {
    return call_in_context([&](OctetCudaContext &) {
        if (!function)
            return CUDA_ERROR_INVALID_HANDLE;
        const Kernel &kernel = *function->kernel;
        switch (attribute) {
        case MaxThreads:
            *value = kernel.max_threads;
            break;
        case SharedBytes:
            *value = kernel.shared_bytes;
            break;
        case ConstBytes:
            *value = 0;
            break;
        case LocalBytes:
            *value = kernel.local_bytes;
            break;
        case Registers:
            *value = registers(kernel);
            break;
        case PtxVersion:
            *value = function->capability;
            break;
        case BinaryVersion:
            *value = emulator().settings.capability;
            break;
        case MaxDynamicShared:
            *value = function->max_dynamic_shared;
            break;
        default:
            return CUDA_ERROR_INVALID_VALUE;
        }
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
    return call_in_context([&](OctetCudaContext &) {
        if (!function)
            return CUDA_ERROR_INVALID_HANDLE;
        if (attribute == Carveout)
            return CUDA_SUCCESS;
        const int most = emulator().settings.shared_per_block() - function->kernel->shared_bytes;
        if (attribute != MaxDynamicShared || value < 0 || value > most)
            return CUDA_ERROR_INVALID_VALUE;
        function->max_dynamic_shared = value;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuFuncSetCacheConfig(CUfunction, int) {
    return CUDA_SUCCESS;
}

// By threads and shared memory alone.
OCTET_CUDA_API CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks,
                                                                    CUfunction function,
                                                                    int threads, size_t shared) {
    return call_in_context([&](OctetCudaContext &) {
        if (!function || threads <= 0)
            return CUDA_ERROR_INVALID_VALUE;
        const size_t bytes = function->kernel->shared_bytes + shared + 1024;
        const size_t all = emulator().settings.shared_per_block() + 1024;
        *blocks = static_cast<int>(std::min<size_t>({2048u / threads, all / bytes, 32}));
        return CUDA_SUCCESS;
    });
}
