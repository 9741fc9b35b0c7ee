// The state of the emulated driver, and the frame that every function of the API runs in.
//
// Work on a stream is an operation that either happens at once, is put off until somebody waits
// (streams=late), or is recorded into a graph. All put-off work is one queue in the order of the
// calls, which is one of the orders that a card may choose.
#pragma once

#include "cuda_api.h"
#include "settings.h"

#include "../execute/statistics.h"
#include "../memory/global_memory.h"
#include "../ptx/program.h"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

// Work that a stream can do; returns an error of the driver.
using Operation = std::function<CUresult()>;

struct OctetCudaGraph {
    std::vector<Operation> operations;
    OctetCudaStream *origin = nullptr; ///< While it is captured.
    bool is_invalid = false;           ///< Something happened that cannot be captured.
};

struct OctetCudaGraphExec {
    std::vector<Operation> operations;
};

struct OctetCudaStream {
    std::shared_ptr<OctetCudaGraph> capture; ///< Not null while the stream is captured.
    bool captures_globally = false;
};

struct OctetCudaEvent {
    double time = 0; ///< Seconds, when it was recorded last.
    bool is_recorded = false;
    bool is_pending = false;
    std::shared_ptr<OctetCudaGraph> capture;
};

struct OctetCudaFunction {
    const octet::ptx::Kernel *kernel = nullptr;
    int max_dynamic_shared = 0;
    int capability = 0;
};

struct OctetCudaModule {
    octet::ptx::Module module;
    std::vector<std::unique_ptr<OctetCudaFunction>> functions;
};

struct OctetCudaContext {
    explicit OctetCudaContext(uint64_t memory_limit) : memory(memory_limit) {}
    octet::ptx::GlobalMemory memory;
    CUresult error = CUDA_SUCCESS; ///< The one that every later call returns.
    std::set<std::unique_ptr<OctetCudaModule>> modules;
    std::set<std::unique_ptr<OctetCudaStream>> streams;
    std::set<std::unique_ptr<OctetCudaEvent>> events;
    std::deque<Operation> late;
};

namespace octet::ptx {

struct Emulator {
    std::recursive_mutex mutex;
    bool is_initialized = false;
    Settings settings;
    std::set<std::unique_ptr<OctetCudaContext>> contexts;
    OctetCudaContext *primary = nullptr;
    int primary_users = 0;
    std::set<std::unique_ptr<OctetCudaGraph>> graphs;
    std::set<std::unique_ptr<OctetCudaGraphExec>> graph_execs;
    std::set<void *> host_memory;
    uint64_t launches = 0;
    bool is_lost = false;
    Statistics statistics;
    uint64_t faults = 0;
    std::string last_fault;
};

/// There is one, which is never destroyed: programs call the driver from their own destructors.
Emulator &emulator();

/// The contexts of this thread, the current one last.
std::vector<OctetCudaContext *> &context_stack();

/// Says on stderr what is wrong with a call, and returns the error.
CUresult complain(const std::string &message, CUresult error);

/// Runs a function of the API that needs no context: locked, initialized, without exceptions.
CUresult call(const std::function<CUresult(Emulator &)> &function);

/// The same with the current context, unless it has failed before.
CUresult call_in_context(const std::function<CUresult(OctetCudaContext &)> &function);

/// Gives a stream work to do.
CUresult enqueue(OctetCudaContext &context, CUstream stream, Operation operation);

/// Does everything that was put off.
CUresult finish_late(OctetCudaContext &context);

/// For calls that wait for the card or change its memory: refused while a stream is captured that
/// forbids them. Finishes what was put off.
CUresult synchronize(OctetCudaContext &context);

/// Whether the stream is one of the context's; null and the two default streams are.
bool is_stream(OctetCudaContext &context, CUstream stream);

OctetCudaContext *create_context(Emulator &e);
bool destroy_context(Emulator &e, OctetCudaContext *context);

/// Writes the statistics to the file that OCTET_CUDA_STATISTICS names.
void write_statistics();

/// Erases the element that owns this pointer.
template <class T>
bool erase_owned(std::set<std::unique_ptr<T>> &all, const T *pointer) {
    return std::erase_if(all, [&](const auto &owner) { return owner.get() == pointer; }) > 0;
}

template <class T>
bool owns(const std::set<std::unique_ptr<T>> &all, const T *pointer) {
    for (const auto &owner : all)
        if (owner.get() == pointer)
            return true;
    return false;
}

/// Puts an object in, returns it.
template <class T>
T *keep(std::set<std::unique_ptr<T>> &all, std::unique_ptr<T> object) {
    T *pointer = object.get();
    all.insert(std::move(object));
    return pointer;
}

} // namespace octet::ptx

#define OCTET_CUDA_API extern "C" __attribute__((visibility("default")))
