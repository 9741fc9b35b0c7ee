// Running a bound model and asking about it: the part of the C API that every platform shares.
#include "runtime/core/message.h"
#include "runtime/core/model.h"
#include "runtime/core/verify.h"

using namespace octet::runtime;

namespace {

octet_status null_model() {
    return fail(OCTET_ERROR_ARGUMENT, "model: it is null; open it with octet_model_open");
}

/// Checks that `arrays` may take the place of what `ports` are bound to.
template <typename Array>
octet_status check_arrays(const Port *ports, size_t count, const Array *arrays, const char *kind) {
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

template <typename Array>
void attach(Port *ports, size_t count, const Array *arrays) {
    for (size_t i = 0; i < count; ++i) {
        Port &port = ports[i];
        if (arrays[i] == port.bound)
            continue;
        port.bound = static_cast<uint8_t *>(const_cast<void *>(arrays[i]));
        for (uint32_t k = 0; k < port.patch_count; ++k)
            port.patches[k].buffer->host = port.bound + port.patches[k].offset;
    }
}

/// Points the kernels to the caller's arrays; all of them or, on an error, none.
octet_status attach_all(octet_model &model, const void *const *inputs, void *const *outputs) {
    const size_t input_count = model.program->inputs()->size();
    const size_t output_count = model.program->outputs()->size();
    if (octet_status status = check_arrays(model.inputs, input_count, inputs, "input"))
        return status;
    if (octet_status status = check_arrays(model.outputs, output_count, outputs, "output"))
        return status;
    attach(model.inputs, input_count, inputs);
    attach(model.outputs, output_count, outputs);
    return OCTET_OK;
}

octet_status run_step(const octet_model &model, size_t index) {
    const Step &step = model.steps[index];
    const int code = step.kernel(step.arguments);
    if (code == 0)
        return OCTET_OK;
    const auto *call = model.program->calls()->Get(flatbuffers::uoffset_t(index));
    return fail(OCTET_ERROR_KERNEL, "call ", index, " (", Quoted{call->name()->c_str()},
                "): its kernel ", Quoted{model.program->kernels()->Get(call->kernel())->c_str()},
                " returned ", code, "; compile the model again for this machine");
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

extern "C" {

octet_status octet_model_run(octet_model *model, const void *const *inputs, void *const *outputs) {
    if (model == nullptr)
        return null_model();
    if (octet_status status = attach_all(*model, inputs, outputs))
        return status;
    const size_t count = model->program->calls()->size();
    for (size_t i = 0; i < count; ++i)
        if (octet_status status = run_step(*model, i))
            return status;
    return OCTET_OK;
}

octet_status octet_model_run_call(octet_model *model, size_t call, const void *const *inputs,
                                  void *const *outputs) {
    if (model == nullptr)
        return null_model();
    const size_t count = model->program->calls()->size();
    if (call >= count)
        return fail(OCTET_ERROR_ARGUMENT, "call ", call, ": the model has ", count,
                    " calls; pass an index below that");
    if (octet_status status = attach_all(*model, inputs, outputs))
        return status;
    return run_step(*model, call);
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
    return model == nullptr ? nullptr : model->arena;
}

} // extern "C"
