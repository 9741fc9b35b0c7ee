// Copies and fills. Unlike a card's, ranges are checked to lie in one allocation each.
#include "emulator.h"

#include "../memory/spaces.h"

#include <cstring>
#include <fmt/format.h>

using namespace octet::ptx;

namespace {

// A range of host or device memory; for the device also the states of its bytes.
struct Range {
    uint8_t *bytes = nullptr;
    ByteState *states = nullptr;
};

bool is_device(CUdeviceptr address) {
    return address >= global_base && address < global_base * 2;
}

CUresult find(OctetCudaContext &context, CUdeviceptr address, size_t bytes, Range &range) {
    if (!is_device(address)) {
        range.bytes = reinterpret_cast<uint8_t *>(address);
        return range.bytes ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    }
    Allocation *allocation = context.memory.find(address, bytes);
    if (!allocation)
        return complain(fmt::format("a copy reaches outside of memory: {}, address {:#x}",
                                    context.memory.describe(address, bytes), address),
                        CUDA_ERROR_INVALID_VALUE);
    range.bytes = allocation->bytes.get() + (address - allocation->address);
    range.states = allocation->states.get() + (address - allocation->address);
    return CUDA_SUCCESS;
}

// States travel with the bytes: copying what nobody has written is no fault, using it will be.
CUresult copy(OctetCudaContext &context, CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    if (!bytes)
        return CUDA_SUCCESS;
    Range source, destination;
    if (CUresult error = find(context, from, bytes, source))
        return error;
    if (CUresult error = find(context, to, bytes, destination))
        return error;
    std::memmove(destination.bytes, source.bytes, bytes);
    if (destination.states && source.states)
        std::memmove(destination.states, source.states, bytes);
    else if (destination.states)
        std::memset(destination.states, static_cast<int>(ByteState::Written), bytes);
    return CUDA_SUCCESS;
}

template <class Value>
CUresult fill(OctetCudaContext &context, CUdeviceptr to, Value value, size_t count) {
    Range range;
    if (!is_device(to) || to % sizeof(Value))
        return CUDA_ERROR_INVALID_VALUE;
    if (CUresult error = find(context, to, count * sizeof(Value), range))
        return error;
    for (size_t n = 0; n < count; n++)
        std::memcpy(range.bytes + n * sizeof(Value), &value, sizeof value);
    std::memset(range.states, static_cast<int>(ByteState::Written), count * sizeof(Value));
    return CUDA_SUCCESS;
}

// A copy that waits, and one that a stream does.
CUresult copy_now(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return call_in_context([&](OctetCudaContext &context) {
        if (CUresult error = synchronize(context))
            return error;
        return copy(context, to, from, bytes);
    });
}

CUresult copy_in(CUstream stream, CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return call_in_context([&](OctetCudaContext &context) {
        return enqueue(context, stream,
                       [&context, to, from, bytes] { return copy(context, to, from, bytes); });
    });
}

CUdeviceptr number(const void *host) {
    return reinterpret_cast<CUdeviceptr>(host);
}

bool check_sides(CUdeviceptr to, bool to_device, CUdeviceptr from, bool from_device) {
    return is_device(to) == to_device && is_device(from) == from_device;
}

} // namespace

OCTET_CUDA_API CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return copy_now(to, from, bytes);
}

OCTET_CUDA_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                      CUstream stream) {
    return copy_in(stream, to, from, bytes);
}

OCTET_CUDA_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
    return bytes && !check_sides(to, true, number(from), false) ? CUDA_ERROR_INVALID_VALUE
                                                                : copy_now(to, number(from), bytes);
}

OCTET_CUDA_API CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
    return bytes && !check_sides(number(to), false, from, true) ? CUDA_ERROR_INVALID_VALUE
                                                                : copy_now(number(to), from, bytes);
}

OCTET_CUDA_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return bytes && !check_sides(to, true, from, true) ? CUDA_ERROR_INVALID_VALUE
                                                       : copy_now(to, from, bytes);
}

OCTET_CUDA_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes,
                                             CUstream stream) {
    return bytes && !check_sides(to, true, number(from), false)
               ? CUDA_ERROR_INVALID_VALUE
               : copy_in(stream, to, number(from), bytes);
}

OCTET_CUDA_API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes,
                                             CUstream stream) {
    return bytes && !check_sides(number(to), false, from, true)
               ? CUDA_ERROR_INVALID_VALUE
               : copy_in(stream, number(to), from, bytes);
}

OCTET_CUDA_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                             CUstream stream) {
    return bytes && !check_sides(to, true, from, true) ? CUDA_ERROR_INVALID_VALUE
                                                       : copy_in(stream, to, from, bytes);
}

OCTET_CUDA_API CUresult cuMemcpy3D_v2(const CudaCopy3D *c) {
    return call_in_context([&](OctetCudaContext &context) {
        if (CUresult error = synchronize(context))
            return error;
        const CUdeviceptr from = c->from_type == 1 ? number(c->from_host) : c->from_device;
        const CUdeviceptr to = c->to_type == 1 ? number(c->to_host) : c->to_device;
        for (size_t z = 0; z < c->depth; z++)
            for (size_t y = 0; y < c->height; y++) {
                const size_t row_from =
                    ((z + c->from_z) * c->from_height + y + c->from_y) * c->from_pitch + c->from_x;
                const size_t row_to =
                    ((z + c->to_z) * c->to_height + y + c->to_y) * c->to_pitch + c->to_x;
                if (CUresult error = copy(context, to + row_to, from + row_from, c->width))
                    return error;
            }
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes,
                                        CUstream stream) {
    return call_in_context([&](OctetCudaContext &context) {
        return enqueue(context, stream,
                       [&context, to, value, bytes] { return fill(context, to, value, bytes); });
    });
}

OCTET_CUDA_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t words,
                                         CUstream stream) {
    return call_in_context([&](OctetCudaContext &context) {
        return enqueue(context, stream,
                       [&context, to, value, words] { return fill(context, to, value, words); });
    });
}

OCTET_CUDA_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t bytes) {
    return cuMemsetD8Async(to, value, bytes, nullptr);
}

OCTET_CUDA_API CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t words) {
    return cuMemsetD32Async(to, value, words, nullptr);
}
