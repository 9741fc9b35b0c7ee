#include "emulator.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>

namespace octet::ptx {

Emulator &emulator() {
    static Emulator *one = new Emulator;
    return *one;
}

std::vector<OctetCudaContext *> &context_stack() {
    static thread_local std::vector<OctetCudaContext *> *stack =
        new std::vector<OctetCudaContext *>;
    return *stack;
}

CUresult complain(const std::string &message, CUresult error) {
    std::fprintf(stderr, "octet cuda emulator: %s\n", message.c_str());
    return error;
}

CUresult call(const std::function<CUresult(Emulator &)> &function) {
    Emulator &e = emulator();
    std::lock_guard lock(e.mutex);
    if (!e.is_initialized)
        return complain("cuInit was not called", CUDA_ERROR_NOT_INITIALIZED);
    if (e.is_lost)
        return CUDA_ERROR_UNKNOWN;
    try {
        return function(e);
    } catch (const std::bad_alloc &) {
        return complain("this machine is out of memory", CUDA_ERROR_OUT_OF_MEMORY);
    } catch (const std::exception &error) {
        return complain(error.what(), CUDA_ERROR_UNKNOWN);
    }
}

CUresult call_in_context(const std::function<CUresult(OctetCudaContext &)> &function) {
    return call([&](Emulator &e) {
        if (context_stack().empty() || !owns(e.contexts, context_stack().back()))
            return CUDA_ERROR_INVALID_CONTEXT;
        OctetCudaContext &context = *context_stack().back();
        return context.error ? context.error : function(context);
    });
}

bool is_stream(OctetCudaContext &context, CUstream stream) {
    // 1 and 2 are the legacy and the per-thread default stream.
    const auto number = reinterpret_cast<size_t>(stream);
    return number <= 2 || owns(context.streams, stream);
}

CUresult enqueue(OctetCudaContext &context, CUstream stream, Operation operation) {
    if (!is_stream(context, stream))
        return complain("a stream of this context is needed", CUDA_ERROR_INVALID_HANDLE);
    if (reinterpret_cast<size_t>(stream) > 2 && stream->capture) {
        stream->capture->operations.push_back(std::move(operation));
        return CUDA_SUCCESS;
    }
    if (!emulator().settings.late_streams)
        return operation();
    context.late.push_back(std::move(operation));
    return CUDA_SUCCESS;
}

CUresult finish_late(OctetCudaContext &context) {
    while (!context.late.empty() && !context.error) {
        Operation operation = std::move(context.late.front());
        context.late.pop_front();
        if (CUresult error = operation())
            return error;
    }
    return context.error;
}

CUresult synchronize(OctetCudaContext &context) {
    for (const auto &stream : context.streams)
        if (stream->capture && stream->captures_globally) {
            stream->capture->is_invalid = true;
            return complain(
                "a call that waits or allocates is not allowed while a stream is captured",
                CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
        }
    return finish_late(context);
}

OctetCudaContext *create_context(Emulator &e) {
    return keep(e.contexts, std::make_unique<OctetCudaContext>(e.settings.memory));
}

bool destroy_context(Emulator &e, OctetCudaContext *context) {
    write_statistics();
    std::erase(context_stack(), context);
    return erase_owned(e.contexts, context);
}

void write_statistics() {
    Emulator &e = emulator();
    const char *name = std::getenv("OCTET_CUDA_STATISTICS");
    if (name && *name && !e.statistics.empty())
        std::ofstream(name) << to_json(e.statistics);
}

// A program that does not clean up has statistics, too.
__attribute__((destructor)) static void write_statistics_at_the_end() {
    write_statistics();
}

} // namespace octet::ptx

using namespace octet::ptx;

OCTET_CUDA_API unsigned long long octet_cuda_emulator_fault_count() {
    return emulator().faults;
}

OCTET_CUDA_API const char *octet_cuda_emulator_last_fault() {
    return emulator().last_fault.c_str();
}

OCTET_CUDA_API const char *octet_cuda_emulator_statistics() {
    static std::string *json = new std::string;
    std::lock_guard lock(emulator().mutex);
    *json = to_json(emulator().statistics);
    return json->c_str();
}
