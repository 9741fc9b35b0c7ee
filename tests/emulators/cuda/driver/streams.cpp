// Streams, and their capture into graphs.
#include "emulator.h"

using namespace octet::ptx;

namespace {

bool is_captured(CUstream stream) {
    return reinterpret_cast<size_t>(stream) > 2 && stream->capture;
}

// Runs a function on a stream of the current context.
CUresult with_stream(CUstream stream, const std::function<CUresult(OctetCudaContext &)> &function) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!is_stream(context, stream))
            return complain("a stream of this context is needed", CUDA_ERROR_INVALID_HANDLE);
        return function(context);
    });
}

CUresult refuse_capture(CUstream stream, const char *what) {
    stream->capture->is_invalid = true;
    return complain(std::string(what) + " is not allowed on a stream that is captured",
                    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

} // namespace

OCTET_CUDA_API CUresult cuStreamCreate(CUstream *stream, unsigned) {
    return call_in_context([&](OctetCudaContext &context) {
        *stream = keep(context.streams, std::make_unique<OctetCudaStream>());
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int) {
    return cuStreamCreate(stream, flags);
}

OCTET_CUDA_API CUresult cuStreamDestroy_v2(CUstream stream) {
    return call_in_context([&](OctetCudaContext &context) {
        return erase_owned(context.streams, stream) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
    });
}

OCTET_CUDA_API CUresult cuStreamSynchronize(CUstream stream) {
    return with_stream(stream, [&](OctetCudaContext &context) {
        if (is_captured(stream))
            return refuse_capture(stream, "waiting");
        return finish_late(context);
    });
}

OCTET_CUDA_API CUresult cuStreamQuery(CUstream stream) {
    return with_stream(stream, [&](OctetCudaContext &context) {
        if (is_captured(stream))
            return refuse_capture(stream, "a query");
        return context.late.empty() ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
    });
}

// All put-off work is in the order of the calls already; of a captured event the stream joins the
// capture.
OCTET_CUDA_API CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
    return with_stream(stream, [&](OctetCudaContext &context) {
        if (!owns(context.events, event))
            return CUDA_ERROR_INVALID_HANDLE;
        if (event->capture && reinterpret_cast<size_t>(stream) > 2)
            stream->capture = event->capture;
        return CUDA_SUCCESS;
    });
}

// Modes: 0 global, 1 of this thread, 2 relaxed.
OCTET_CUDA_API CUresult cuStreamBeginCapture_v2(CUstream stream, int mode) {
    return with_stream(stream, [&](OctetCudaContext &) {
        if (reinterpret_cast<size_t>(stream) <= 2 || stream->capture)
            return complain("this stream cannot be captured", CUDA_ERROR_INVALID_VALUE);
        stream->capture = std::make_shared<OctetCudaGraph>();
        stream->capture->origin = stream;
        stream->captures_globally = mode != 2;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuStreamEndCapture(CUstream stream, CUgraph *graph) {
    return with_stream(stream, [&](OctetCudaContext &context) {
        *graph = nullptr;
        if (!is_captured(stream) || stream->capture->origin != stream)
            return complain("this stream's capture did not begin here", CUDA_ERROR_INVALID_VALUE);
        const std::shared_ptr<OctetCudaGraph> capture = stream->capture;
        capture->origin = nullptr;
        for (const auto &other : context.streams)
            if (other->capture == capture)
                other->capture = nullptr;
        for (const auto &event : context.events)
            if (event->capture == capture)
                event->capture = nullptr;
        stream->captures_globally = false;
        if (capture->is_invalid)
            return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        *graph = keep(emulator().graphs, std::make_unique<OctetCudaGraph>(*capture));
        return CUDA_SUCCESS;
    });
}

// 0 none, 1 active, 2 invalidated.
OCTET_CUDA_API CUresult cuStreamIsCapturing(CUstream stream, int *status) {
    return with_stream(stream, [&](OctetCudaContext &) {
        *status = !is_captured(stream) ? 0 : stream->capture->is_invalid ? 2 : 1;
        return CUDA_SUCCESS;
    });
}
