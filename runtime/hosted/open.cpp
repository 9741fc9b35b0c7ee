// Opening and closing a model on a system with files, a heap and threads: one mapping for the file
// and one allocation for everything else.
#include "runtime/core/message.h"
#include "runtime/core/model.h"
#include "runtime/core/verify.h"
#include "runtime/cpu/thread_pool.h"
#include "runtime/file.h"
#include "runtime/hosted/mapping.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

namespace octet::runtime {
namespace {

/// What the caller holds as an octet_model, and what to give back when it is closed.
struct HostedModel {
    octet_model model; ///< First: a pointer to it is a pointer to the whole.
    ThreadPool *pool;
    Mapping mapping;
};
static_assert(std::is_standard_layout_v<HostedModel>);
static_assert(table_alignment == file::alignment && ThreadPool::alignment == file::alignment);

size_t aligned(size_t bytes) {
    return (bytes + file::alignment - 1) / file::alignment * file::alignment;
}

/// Offsets in the one allocation: the model itself, its tables, the pool, the arena.
struct Layout {
    size_t tables, pool, arena, total;

    Layout(const file::Program &program, int threads, bool with_arena) {
        tables = aligned(sizeof(HostedModel));
        pool = tables + aligned(table_bytes(program));
        arena = pool + (threads > 1 ? aligned(ThreadPool::bytes(threads)) : 0);
        total = arena + (with_arena ? aligned(size_t(arena_bytes(program))) : 0);
    }
};

octet_status check_options(const octet_options &options, const file::Program &program, bool device,
                           const char *name) {
    if (options.threads < 0 || options.threads > ThreadPool::max_threads)
        return fail(OCTET_ERROR_ARGUMENT, name, ": ", options.threads,
                    " threads are not possible; pass 1 to ", ThreadPool::max_threads);
    if (options.arena == nullptr)
        return OCTET_OK;
    if (device)
        return fail(OCTET_ERROR_ARGUMENT, name, ": the arena lies on the device; pass none");
    if (reinterpret_cast<uintptr_t>(options.arena) % file::alignment != 0)
        return fail(OCTET_ERROR_ARGUMENT, name, ": the arena is misaligned; align it to ",
                    file::alignment, " bytes");
    if (options.arena_bytes < arena_bytes(program))
        return fail(OCTET_ERROR_ARGUMENT, name, ": the arena has ", options.arena_bytes,
                    " bytes; the model needs ", arena_bytes(program));
    return OCTET_OK;
}

/// Verifies `mapping` and builds the model; the mapping stays the caller's on failure.
octet_status build(const Mapping &mapping, const char *name, const octet_library *library,
                   const octet_options &options, octet_model **result) {
    const file::Program *program = nullptr;
    if (octet_status status = verify_file(mapping.data, mapping.size, name, &program))
        return status;
    if (octet_status status = verify_library(*program, library, name))
        return status;
    if (octet_status status = check_options(options, *program, library->device != nullptr, name))
        return status;

    const octet_device *device = library->device;
    const Layout layout(*program, options.threads, device == nullptr && options.arena == nullptr);
    auto *memory = static_cast<uint8_t *>(std::aligned_alloc(file::alignment, layout.total));
    if (memory == nullptr)
        return fail(OCTET_ERROR_MEMORY, name, ": ", layout.total,
                    " bytes for arena and tables are not to be had; free memory or pass an arena");
    auto *hosted = new (memory) HostedModel{};
    if (options.threads > 1) {
        hosted->pool = ThreadPool::create(memory + layout.pool, options.threads);
        if (hosted->pool == nullptr) {
            std::free(memory);
            return fail(OCTET_ERROR_MEMORY, name, ": the system gives no ", options.threads,
                        " threads; ask for fewer");
        }
    }
    Placement placement;
    placement.context = hosted->pool;
    placement.arena =
        options.arena == nullptr ? memory + layout.arena : static_cast<uint8_t *>(options.arena);
    // Halide's buffers are not const, even those that a kernel only reads.
    placement.weights = const_cast<uint8_t *>(program->weights()->data());
    octet_status status =
        device == nullptr ? OCTET_OK : device->open(name, options, *program, &placement);
    if (status == OCTET_OK) {
        bind(*program, *library, memory + layout.tables, placement, hosted->model);
        if (device != nullptr && (status = device->load(hosted->model)) != OCTET_OK)
            device->close(placement.context);
    }
    if (status != OCTET_OK) {
        if (hosted->pool != nullptr)
            hosted->pool->destroy();
        std::free(memory);
        return status;
    }
    *result = &hosted->model;
    return OCTET_OK;
}

octet_status check_model(octet_model **model) {
    if (model == nullptr)
        return fail(OCTET_ERROR_ARGUMENT, "model: it is null; pass where to write the model");
    *model = nullptr;
    return OCTET_OK;
}

octet_options with_defaults(const octet_options *options) {
    return options == nullptr ? octet_options{1, nullptr, 0, nullptr} : *options;
}

} // namespace

Message &last_message() {
    thread_local Message message;
    return message;
}

} // namespace octet::runtime

using namespace octet::runtime;

extern "C" {

octet_status octet_model_open(const char *path, const octet_library *library,
                              const octet_options *options, octet_model **model) {
    if (octet_status status = check_model(model))
        return status;
    if (path == nullptr)
        return fail(OCTET_ERROR_ARGUMENT, "path: it is null; pass the path of a .octet file");
    // The end of a long path tells more than its start, and leaves room for the reason.
    constexpr size_t shown = 200;
    const size_t length = std::strlen(path);
    const char *name = length > shown ? path + length - shown : path;

    Mapping mapping;
    if (octet_status status = mapping.open(path, name))
        return status;
    const octet_status status = build(mapping, name, library, with_defaults(options), model);
    if (status == OCTET_OK)
        reinterpret_cast<HostedModel *>(*model)->mapping = mapping;
    else
        mapping.close();
    return status;
}

octet_status octet_model_open_memory(const void *data, size_t size, const octet_library *library,
                                     const octet_options *options, octet_model **model) {
    if (octet_status status = check_model(model))
        return status;
    const Mapping image{const_cast<void *>(data), size};
    return build(image, "model image", library, with_defaults(options), model);
}

void octet_model_close(octet_model *model) {
    if (model == nullptr)
        return;
    auto *hosted = reinterpret_cast<HostedModel *>(model);
    if (model->device != nullptr)
        model->device->close(model->context);
    if (hosted->pool != nullptr)
        hosted->pool->destroy();
    hosted->mapping.close();
    std::free(hosted);
}

} // extern "C"
