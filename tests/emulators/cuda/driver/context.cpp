// The device and its contexts.
#include "emulator.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace octet::ptx;

namespace {

// The attributes of CUdevice_attribute that programs ask for; others are zero.
int attribute_value(const Settings &s, int attribute) {
    const bool is_hopper_or_later = s.capability >= 90;
    switch (attribute) {
    case 1: // Threads per block.
        return 1024;
    case 2: // Block x, y, z.
    case 3:
        return 1024;
    case 4:
        return 64;
    case 5: // Grid x, y, z.
        return 2147483647;
    case 6:
    case 7:
        return 65535;
    case 8: // Shared memory per block without opting in.
        return 48 << 10;
    case 9: // Constant memory.
        return 64 << 10;
    case 10: // Warp size.
        return 32;
    case 11: // Pitch.
        return 2147483647;
    case 12: // Registers per block, per multiprocessor.
    case 82:
        return 65536;
    case 13: // Clock, kHz.
        return 1410000;
    case 14: // Texture alignment.
        return 512;
    case 16: // Multiprocessors.
        return is_hopper_or_later ? 132 : 108;
    case 31: // Concurrent kernels, copies meanwhile.
    case 15:
        return 1;
    case 36: // Memory clock, kHz; bus width, bits; second-level cache.
        return 1215000;
    case 37:
        return 5120;
    case 38:
        return 40 << 20;
    case 39: // Threads per multiprocessor.
        return 2048;
    case 40: // Copy engines.
        return 2;
    case 41: // Unified addressing.
        return 1;
    case 75: // Compute capability.
        return s.capability / 10;
    case 76:
        return s.capability % 10;
    case 81: // Shared memory per multiprocessor.
        return s.shared_per_block() + 1024;
    case 97: // Shared memory per block after opting in.
        return s.shared_per_block();
    case 106: // Blocks per multiprocessor.
        return 32;
    case 111: // Shared memory that the system keeps per block.
        return s.capability >= 80 ? 1024 : 0;
    case 115: // Memory pools.
        return 1;
    }
    return 0;
}

CUresult with_device(CUdevice device, const std::function<CUresult(Emulator &)> &function) {
    return call([&](Emulator &e) { return device == 0 ? function(e) : CUDA_ERROR_INVALID_DEVICE; });
}

} // namespace

// The environment is read again at each call, so that one process can try several cards. Contexts
// that exist keep what they were created with.
OCTET_CUDA_API CUresult cuInit(unsigned) {
    Emulator &e = emulator();
    std::lock_guard lock(e.mutex);
    const char *text = std::getenv("OCTET_CUDA_EMULATOR");
    try {
        e.settings = parse_settings(text ? text : "");
    } catch (const std::invalid_argument &error) {
        complain(error.what(), 0);
        std::abort();
    }
    e.is_initialized = true;
    e.is_lost = false;
    e.launches = 0;
    return CUDA_SUCCESS;
}

OCTET_CUDA_API CUresult cuDriverGetVersion(int *version) {
    const char *text = std::getenv("OCTET_CUDA_EMULATOR");
    try {
        *version = parse_settings(text ? text : "").driver;
    } catch (const std::invalid_argument &error) {
        return complain(error.what(), CUDA_ERROR_INVALID_VALUE);
    }
    return CUDA_SUCCESS;
}

OCTET_CUDA_API CUresult cuDeviceGetCount(int *count) {
    return call([&](Emulator &) {
        *count = 1;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDeviceGet(CUdevice *device, int ordinal) {
    return with_device(ordinal, [&](Emulator &) {
        *device = ordinal;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDeviceGetName(char *name, int bytes, CUdevice device) {
    return with_device(device, [&](Emulator &e) {
        std::snprintf(name, bytes, "Octet PTX interpreter (sm_%d)", e.settings.capability);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
    return with_device(device, [&](Emulator &e) {
        *value = attribute_value(e.settings, attribute);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
    return with_device(device, [&](Emulator &e) {
        *bytes = e.settings.memory;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDeviceGetUuid(void *uuid, CUdevice device) {
    return with_device(device, [&](Emulator &) {
        std::memcpy(uuid, "octet interprets", 16);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
    return with_device(device, [&](Emulator &e) {
        if (!e.primary)
            e.primary = create_context(e);
        e.primary_users++;
        *context = e.primary;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
    return with_device(device, [&](Emulator &e) {
        if (e.primary)
            destroy_context(e, e.primary);
        e.primary = nullptr;
        e.primary_users = 0;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    return with_device(device, [&](Emulator &e) {
        if (!e.primary)
            return CUDA_ERROR_INVALID_CONTEXT;
        if (--e.primary_users == 0) {
            destroy_context(e, e.primary);
            e.primary = nullptr;
        }
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDevicePrimaryCtxReset(CUdevice device) {
    return cuDevicePrimaryCtxReset_v2(device);
}

OCTET_CUDA_API CUresult cuDevicePrimaryCtxRelease(CUdevice device) {
    return cuDevicePrimaryCtxRelease_v2(device);
}

OCTET_CUDA_API CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned *flags, int *active) {
    return with_device(device, [&](Emulator &e) {
        *flags = 0;
        *active = e.primary != nullptr;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned) {
    return with_device(device, [](Emulator &) { return CUDA_SUCCESS; });
}

OCTET_CUDA_API CUresult cuCtxCreate_v2(CUcontext *context, unsigned, CUdevice device) {
    return with_device(device, [&](Emulator &e) {
        *context = create_context(e);
        context_stack().push_back(*context);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuCtxDestroy_v2(CUcontext context) {
    return call([&](Emulator &e) {
        return destroy_context(e, context) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
    });
}

OCTET_CUDA_API CUresult cuCtxPushCurrent_v2(CUcontext context) {
    return call([&](Emulator &e) {
        if (!owns(e.contexts, context))
            return CUDA_ERROR_INVALID_CONTEXT;
        context_stack().push_back(context);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuCtxPopCurrent_v2(CUcontext *context) {
    return call([&](Emulator &) {
        if (context_stack().empty())
            return CUDA_ERROR_INVALID_CONTEXT;
        if (context)
            *context = context_stack().back();
        context_stack().pop_back();
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuCtxSetCurrent(CUcontext context) {
    return call([&](Emulator &e) {
        if (context && !owns(e.contexts, context))
            return CUDA_ERROR_INVALID_CONTEXT;
        if (!context_stack().empty())
            context_stack().pop_back();
        if (context)
            context_stack().push_back(context);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuCtxGetCurrent(CUcontext *context) {
    return call([&](Emulator &) {
        *context = context_stack().empty() ? nullptr : context_stack().back();
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuCtxGetDevice(CUdevice *device) {
    return call_in_context([&](OctetCudaContext &) {
        *device = 0;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuCtxGetApiVersion(CUcontext, unsigned *version) {
    *version = 3020;
    return CUDA_SUCCESS;
}

OCTET_CUDA_API CUresult cuCtxSynchronize() {
    return call_in_context([](OctetCudaContext &context) { return synchronize(context); });
}

OCTET_CUDA_API CUresult cuProfilerStop() {
    return CUDA_SUCCESS;
}
