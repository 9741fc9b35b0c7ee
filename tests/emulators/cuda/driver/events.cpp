// Events: the time at which the work before them was done.
#include "emulator.h"

#include <chrono>

using namespace octet::ptx;

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

CUresult with_event(CUevent event, const std::function<CUresult(OctetCudaContext &)> &function) {
    return call_in_context([&](OctetCudaContext &context) {
        return owns(context.events, event) ? function(context) : CUDA_ERROR_INVALID_HANDLE;
    });
}

} // namespace

OCTET_CUDA_API CUresult cuEventCreate(CUevent *event, unsigned) {
    return call_in_context([&](OctetCudaContext &context) {
        *event = keep(context.events, std::make_unique<OctetCudaEvent>());
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuEventRecord(CUevent event, CUstream stream) {
    return with_event(event, [&](OctetCudaContext &context) {
        if (!is_stream(context, stream))
            return CUDA_ERROR_INVALID_HANDLE;
        const bool captured = reinterpret_cast<size_t>(stream) > 2 && stream->capture;
        event->capture = captured ? stream->capture : nullptr;
        if (captured)
            return CUDA_SUCCESS;
        event->is_pending = event->is_recorded = true;
        return enqueue(context, stream, [&context, event] {
            if (owns(context.events, event)) {
                event->time = now();
                event->is_pending = false;
            }
            return CUDA_SUCCESS;
        });
    });
}

OCTET_CUDA_API CUresult cuEventQuery(CUevent event) {
    return with_event(event, [&](OctetCudaContext &) {
        return event->is_pending ? CUDA_ERROR_NOT_READY : CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuEventSynchronize(CUevent event) {
    return with_event(event, [&](OctetCudaContext &context) {
        if (event->capture)
            return complain("an event of a capture cannot be waited for",
                            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        return event->is_pending ? finish_late(context) : CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
    return with_event(start, [&](OctetCudaContext &context) {
        if (!owns(context.events, end) || !start->is_recorded || !end->is_recorded)
            return CUDA_ERROR_INVALID_HANDLE;
        if (start->is_pending || end->is_pending)
            return CUDA_ERROR_NOT_READY;
        *milliseconds = static_cast<float>((end->time - start->time) * 1e3);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent start, CUevent end) {
    return cuEventElapsedTime(milliseconds, start, end);
}

OCTET_CUDA_API CUresult cuEventDestroy_v2(CUevent event) {
    return call_in_context([&](OctetCudaContext &context) {
        return erase_owned(context.events, event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
    });
}
