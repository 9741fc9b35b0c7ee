// Running a bound model and asking about it: the part of the C API that every platform shares.
#include "runtime/core/message.h"
#include "runtime/core/model.h"
#include "runtime/core/verify.h"

#include <cstring>

using namespace octet::runtime;

namespace {

octet_status null_model() {
    return fail(OCTET_ERROR_ARGUMENT, "model: it is null; open it with octet_model_open");
}

/// Checks that `arrays` may take the place of what `ports` are bound to.
template <typename Array>
octet_status check_ports(const Port *ports, size_t count, const Array *arrays, const char *kind) {
    if (arrays == nullptr && count != 0)
        return fail(OCTET_ERROR_ARGUMENT, kind, "s: the list is null; pass ", count, " pointers");
    for (size_t i = 0; i < count; ++i) {
        if (arrays[i] == ports[i].bound && arrays[i] != nullptr)
            continue;
        const size_t alignment = element_bytes(unsigned(ports[i].info.dtype));
        if (arrays[i] == nullptr || reinterpret_cast<uintptr_t>(arrays[i]) % alignment != 0)
            return fail(OCTET_ERROR_ARGUMENT, kind, " ", i, " (", Quoted{ports[i].info.name},
                        "): the pointer is null or misaligned; pass an array of ",
                        ports[i].info.bytes, " bytes, aligned to ", alignment);
    }
    return OCTET_OK;
}

/// Points the kernels to the caller's arrays; all of them or, on an error, none.
octet_status attach_all(octet_model &model, const void *const *inputs, void *const *outputs) {
    if (octet_status status = check_arrays(model, inputs, outputs))
        return status;
    for (size_t i = 0; i < model.program->inputs()->size(); ++i)
        attach(model.inputs[i], static_cast<uint8_t *>(const_cast<void *>(inputs[i])));
    for (size_t i = 0; i < model.program->outputs()->size(); ++i)
        attach(model.outputs[i], static_cast<uint8_t *>(outputs[i]));
    return OCTET_OK;
}

octet_status run_calls(octet_model &model, size_t first, size_t count, size_t images,
                       const void *const *inputs, void *const *outputs) {
    if (model.device != nullptr)
        return model.device->run(model, first, count, images, inputs, outputs);
    if (octet_status status = attach_all(model, inputs, outputs))
        return status;
    for (size_t i = first; i < first + count; ++i)
        if (octet_status status = run_step(model, i))
            return status;
    return OCTET_OK;
}

octet_status copy_arena(octet_model *model, size_t offset, void *host, size_t bytes, bool write) {
    if (model == nullptr)
        return null_model();
    const size_t size = octet_model_arena_bytes(model);
    if (bytes == 0)
        return OCTET_OK;
    if (host == nullptr || offset > size || bytes > size - offset)
        return fail(OCTET_ERROR_ARGUMENT, "arena: ", bytes, " bytes at ", offset,
                    " are not in it or have no array; it has ", size);
    if (model->device != nullptr)
        return model->device->copy(*model, offset, host, bytes, write);
    if (write)
        std::memcpy(model->arena + offset, host, bytes);
    else
        std::memcpy(host, model->arena + offset, bytes);
    return OCTET_OK;
}

octet_status tell(const Port *ports, size_t count, size_t index, octet_tensor_info *info,
                  const char *kind) {
    if (info == nullptr)
        return fail(OCTET_ERROR_ARGUMENT, kind, " ", index, ": info is null; pass where to write");
    if (index >= count)
        return fail(OCTET_ERROR_ARGUMENT, kind, " ", index, ": the model has ", count,
                    "; pass an index below that");
    *info = ports[index].info;
    return OCTET_OK;
}

} // namespace

namespace octet::runtime {

octet_status check_arrays(const octet_model &model, const void *const *inputs,
                          void *const *outputs) {
    if (octet_status status =
            check_ports(model.inputs, model.program->inputs()->size(), inputs, "input"))
        return status;
    return check_ports(model.outputs, model.program->outputs()->size(), outputs, "output");
}

octet_status check_images(const octet_model &model, size_t count) {
    const size_t images = model.program->images();
    const Quoted name{model.program->name()->c_str()};
    if (count == 0 || count > images)
        return fail(OCTET_ERROR_ARGUMENT, name, ": ", count, " images are not possible; pass 1 to ",
                    images, ", or compile the model with a larger --batch");
    if (model.device == nullptr && count != images)
        return fail(OCTET_ERROR_ARGUMENT, name, ": its kernels compute ", images,
                    " images at once on this target, not ", count, "; pass ", images,
                    ", or compile the model with --batch ", count);
    return OCTET_OK;
}

void attach(Port &port, uint8_t *array) {
    if (array == port.bound)
        return;
    port.bound = array;
    for (uint32_t k = 0; k < port.patch_count; ++k)
        port.patches[k].buffer->host = array + port.patches[k].offset;
}

octet_status run_step(const octet_model &model, size_t index) {
    const Step &step = model.steps[index];
    const int code = step.kernel(step.arguments);
    if (code == 0)
        return OCTET_OK;
    if (model.device != nullptr)
        return octet_status(code); // The launcher has told why.
    const auto *call = model.program->calls()->Get(flatbuffers::uoffset_t(index));
    return fail(OCTET_ERROR_KERNEL, "call ", index, " (", Quoted{call->name()->c_str()},
                "): its kernel ", Quoted{model.program->kernels()->Get(call->kernel())->c_str()},
                " returned ", code, "; compile the model again for this machine");
}

} // namespace octet::runtime

extern "C" {

octet_status octet_model_run(octet_model *model, const void *const *inputs, void *const *outputs) {
    if (model == nullptr)
        return null_model();
    return run_calls(*model, 0, model->program->calls()->size(), model->program->images(), inputs,
                     outputs);
}

octet_status octet_model_run_images(octet_model *model, size_t count, const void *const *inputs,
                                    void *const *outputs) {
    if (model == nullptr)
        return null_model();
    if (octet_status status = check_images(*model, count))
        return status;
    return run_calls(*model, 0, model->program->calls()->size(), count, inputs, outputs);
}

octet_status octet_model_run_call(octet_model *model, size_t call, const void *const *inputs,
                                  void *const *outputs) {
    if (model == nullptr)
        return null_model();
    const size_t count = model->program->calls()->size();
    if (call >= count)
        return fail(OCTET_ERROR_ARGUMENT, "call ", call, ": the model has ", count,
                    " calls; pass an index below that");
    return run_calls(*model, call, 1, model->program->images(), inputs, outputs);
}

size_t octet_model_images(const octet_model *model) {
    return model == nullptr ? 0 : model->program->images();
}

size_t octet_model_input_count(const octet_model *model) {
    return model == nullptr ? 0 : model->program->inputs()->size();
}

size_t octet_model_output_count(const octet_model *model) {
    return model == nullptr ? 0 : model->program->outputs()->size();
}

octet_status octet_model_input(const octet_model *model, size_t index, octet_tensor_info *info) {
    if (model == nullptr)
        return null_model();
    return tell(model->inputs, octet_model_input_count(model), index, info, "input");
}

octet_status octet_model_output(const octet_model *model, size_t index, octet_tensor_info *info) {
    if (model == nullptr)
        return null_model();
    return tell(model->outputs, octet_model_output_count(model), index, info, "output");
}

size_t octet_model_call_count(const octet_model *model) {
    return model == nullptr ? 0 : model->program->calls()->size();
}

size_t octet_model_arena_bytes(const octet_model *model) {
    return model == nullptr ? 0 : size_t(arena_bytes(*model->program));
}

void *octet_model_arena(octet_model *model) {
    return model == nullptr || model->device != nullptr ? nullptr : model->arena;
}

octet_status octet_model_arena_read(octet_model *model, size_t offset, void *to, size_t bytes) {
    return copy_arena(model, offset, to, bytes, false);
}

octet_status octet_model_arena_write(octet_model *model, size_t offset, const void *from,
                                     size_t bytes) {
    return copy_arena(model, offset, const_cast<void *>(from), bytes, true);
}

} // extern "C"
