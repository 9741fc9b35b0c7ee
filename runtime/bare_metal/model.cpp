// The C API on a bare chip. A run computes each call's addresses from the image when it needs them:
// that costs about ten instructions per argument and saves the RAM of a table.
#include "octet/bare_metal.h"

#include "runtime/bare_metal/check.h"
#include "runtime/bare_metal/image.h"
#include "runtime/file.h"

using namespace octet::bare_metal;

static_assert(OCTET_BARE_MAX_ARENAS == octet::file::max_arenas);

namespace {

/// `alignment` is a power of two: ARMv6-M has no division.
bool aligned(const void *pointer, uint32_t alignment) {
    return (reinterpret_cast<uintptr_t>(pointer) & (alignment - 1)) == 0;
}

bool is_open(const octet_bare_model *model) {
    return model != nullptr && model->calls != nullptr;
}

/// Checks the caller's arrays for the inputs or the outputs.
template <typename Pointer>
octet_status check_arrays(const uint8_t *tensors, const Pointer *arrays) {
    const uint32_t tensor_count = count(tensors);
    if (arrays == nullptr && tensor_count != 0)
        return OCTET_ERROR_ARGUMENT;
    for (uint32_t i = 0; i < tensor_count; ++i) {
        if (arrays[i] == nullptr)
            return OCTET_ERROR_ARGUMENT;
        const auto dtype = number<uint8_t>(table(tensors, i), TensorField::dtype);
        if (!aligned(arrays[i], element_bytes(dtype)))
            return OCTET_ERROR_ALIGNMENT;
    }
    return OCTET_OK;
}

octet_status check_run(const octet_bare_model *model, const void *const *inputs,
                       void *const *outputs) {
    if (!is_open(model))
        return OCTET_ERROR_ARGUMENT;
    if (const octet_status status = check_arrays(model->inputs, inputs))
        return status;
    return check_arrays(model->outputs, outputs);
}

/// Where each region's memories start, in the order of Region; the weights are one memory.
struct Memories {
    const void *const *of[4];

    Memories(const octet_bare_model &model, const void *const *inputs, void *const *outputs)
        : of{model.arenas, &model.weights, inputs, outputs} {}
};

/// Finds a call's kernel and writes the addresses of its arguments, which kernels take as one type,
/// although they only read some.
octet_kernel bind(const octet_bare_model &model, uint32_t index, const Memories &memories,
                  void **arguments) {
    const uint8_t *call = table(model.calls, index);
    const uint8_t *list = vector(call, CallField::arguments);
    const auto *argument = &at<Argument>(elements(list));
    for (const Argument *end = argument + count(list); argument != end; ++argument) {
        const void *start = memories.of[uint32_t(argument->region)][argument->index];
        *arguments++ = static_cast<uint8_t *>(const_cast<void *>(start)) + argument->offset;
    }
    return model.library->kernels[number<uint32_t>(call, CallField::kernel)];
}

octet_status check_pointers(const octet_bare_model *model, const void *image,
                            const octet_library *library, const octet_bare_arena *arenas,
                            size_t arena_count) {
    if (model == nullptr || image == nullptr || library == nullptr || arenas == nullptr ||
        library->target == nullptr || (library->kernels == nullptr && library->kernel_count != 0))
        return OCTET_ERROR_ARGUMENT;
    if (!aligned(image, OCTET_BARE_ALIGNMENT))
        return OCTET_ERROR_ALIGNMENT;
    for (size_t i = 0; i < arena_count; ++i) {
        if (arenas[i].memory == nullptr && arenas[i].bytes != 0)
            return OCTET_ERROR_ARGUMENT;
        if (!aligned(arenas[i].memory, OCTET_BARE_ALIGNMENT))
            return OCTET_ERROR_ALIGNMENT;
    }
    return OCTET_OK;
}

/// Takes those of the caller's arenas that the program needs.
octet_status take_arenas(octet_bare_model &model, const uint8_t *program,
                         const octet_bare_arena *arenas, size_t arena_count) {
    for (uint32_t i = 0; i < OCTET_BARE_MAX_ARENAS; ++i) {
        const bool given = i < arena_count;
        if ((given ? arenas[i].bytes : 0) < arena_bytes(program, i))
            return OCTET_ERROR_ARENA;
        model.arenas[i] = given ? arenas[i].memory : nullptr;
    }
    return OCTET_OK;
}

octet_status describe(const uint8_t *tensors, size_t index, octet_tensor_info *info) {
    if (info == nullptr || index >= count(tensors))
        return OCTET_ERROR_ARGUMENT;
    const uint8_t *tensor = table(tensors, uint32_t(index));
    const uint8_t *shape = vector(tensor, TensorField::shape);
    info->name = reinterpret_cast<const char *>(elements(vector(tensor, TensorField::name)));
    info->dtype = octet_dtype(number<uint8_t>(tensor, TensorField::dtype));
    info->rank = int32_t(count(shape));
    info->shape = &at<int32_t>(elements(shape));
    info->bytes = element_bytes(uint32_t(info->dtype));
    for (int32_t i = 0; i < info->rank; ++i)
        info->bytes *= size_t(info->shape[i]);
    info->scale = number<float>(tensor, TensorField::scale);
    info->zero_point = number<int32_t>(tensor, TensorField::zero_point);
    return OCTET_OK;
}

} // namespace

extern "C" {

size_t octet_bare_arena_bytes(const void *image, size_t image_bytes, size_t index) {
    const uint8_t *program = nullptr;
    if (image == nullptr || !aligned(image, OCTET_BARE_ALIGNMENT) ||
        find_program(static_cast<const uint8_t *>(image), image_bytes, program) != OCTET_OK)
        return 0;
    return arena_bytes(program, uint32_t(index));
}

size_t octet_bare_arena_count(const void *image, size_t image_bytes) {
    const uint8_t *program = nullptr;
    if (image == nullptr || !aligned(image, OCTET_BARE_ALIGNMENT) ||
        find_program(static_cast<const uint8_t *>(image), image_bytes, program) != OCTET_OK)
        return 0;
    return count(vector(program, ProgramField::arenas));
}

octet_status octet_bare_open(octet_bare_model *model, const void *image, size_t image_bytes,
                             const octet_library *library, void *arena, size_t arena_bytes) {
    const octet_bare_arena only = {arena, arena_bytes};
    return octet_bare_open_arenas(model, image, image_bytes, library, &only, 1);
}

octet_status octet_bare_open_arenas(octet_bare_model *model, const void *image, size_t image_bytes,
                                    const octet_library *library, const octet_bare_arena *arenas,
                                    size_t arena_count) {
    if (model != nullptr)
        *model = octet_bare_model{};
    if (const octet_status status = check_pointers(model, image, library, arenas, arena_count))
        return status;
    const auto *bytes = static_cast<const uint8_t *>(image);
    const uint8_t *program = nullptr;
    if (const octet_status status = find_program(bytes, image_bytes, program))
        return status;
    if (const octet_status status = check_sum(bytes, image_bytes, program))
        return status;
    if (const octet_status status = check_library(bytes, image_bytes, program, *library))
        return status;
    if (const octet_status status = take_arenas(*model, program, arenas, arena_count))
        return status;
    if (const octet_status status = check_program(bytes, image_bytes, program, *library))
        return status;
    model->inputs = vector(program, ProgramField::inputs);
    model->outputs = vector(program, ProgramField::outputs);
    model->calls = vector(program, ProgramField::calls);
    model->weights = elements(vector(program, ProgramField::weights));
    model->library = library;
    return OCTET_OK;
}

octet_status octet_bare_run(const octet_bare_model *model, const void *const *inputs,
                            void *const *outputs) {
    if (const octet_status status = check_run(model, inputs, outputs))
        return status;
    void *arguments[OCTET_BARE_MAX_ARGUMENTS];
    const Memories memories(*model, inputs, outputs);
    const uint32_t call_count = count(model->calls);
    for (uint32_t i = 0; i < call_count; ++i)
        if (bind(*model, i, memories, arguments)(arguments) != 0)
            return OCTET_ERROR_KERNEL;
    return OCTET_OK;
}

octet_status octet_bare_bind_call(const octet_bare_model *model, size_t call,
                                  const void *const *inputs, void *const *outputs,
                                  octet_bare_call *bound) {
    if (const octet_status status = check_run(model, inputs, outputs))
        return status;
    if (call >= count(model->calls) || bound == nullptr)
        return OCTET_ERROR_ARGUMENT;
    const Memories memories(*model, inputs, outputs);
    bound->kernel = bind(*model, uint32_t(call), memories, bound->arguments);
    return OCTET_OK;
}

octet_status octet_bare_run_call(const octet_bare_model *model, size_t call,
                                 const void *const *inputs, void *const *outputs) {
    octet_bare_call bound;
    if (const octet_status status = octet_bare_bind_call(model, call, inputs, outputs, &bound))
        return status;
    return bound.kernel(bound.arguments) == 0 ? OCTET_OK : OCTET_ERROR_KERNEL;
}

size_t octet_bare_call_count(const octet_bare_model *model) {
    return is_open(model) ? count(model->calls) : 0;
}

size_t octet_bare_input_count(const octet_bare_model *model) {
    return is_open(model) ? count(model->inputs) : 0;
}

size_t octet_bare_output_count(const octet_bare_model *model) {
    return is_open(model) ? count(model->outputs) : 0;
}

octet_status octet_bare_input(const octet_bare_model *model, size_t index,
                              octet_tensor_info *info) {
    return is_open(model) ? describe(model->inputs, index, info) : OCTET_ERROR_ARGUMENT;
}

octet_status octet_bare_output(const octet_bare_model *model, size_t index,
                               octet_tensor_info *info) {
    return is_open(model) ? describe(model->outputs, index, info) : OCTET_ERROR_ARGUMENT;
}

} // extern "C"
