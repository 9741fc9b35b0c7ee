#include "runtime/cuda/device.h"

#include "runtime/core/message.h"
#include "runtime/core/verify.h"
#include "runtime/file.h"

#include <cstdlib>
#include <new>

namespace octet::runtime::cuda {

namespace {

constexpr size_t alignment = 256; ///< of every array on the card, as of cuMemAlloc's

size_t aligned(size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
}

uint8_t *pointer(Address address) {
    return reinterpret_cast<uint8_t *>(address); // NOLINT: an address on the card
}

/// The first line of a log that is not empty; masks nothing, since the driver wrote it.
const char *first_line(char *log) {
    while (*log == '\n')
        ++log;
    for (char *c = log; *c != '\0'; ++c)
        if (*c == '\n')
            *c = '\0';
    return log;
}

const char *remedy_of(octet_status status) {
    switch (status) {
    case OCTET_ERROR_MEMORY:
        return "free memory on it or choose another card";
    case OCTET_ERROR_ARGUMENT:
        return "give a context that lives, and a stream of it";
    case OCTET_ERROR_DEVICE_LOST:
        return "close the model, and open it again once the card works";
    default:
        return "compile the model again for this card, or with --target host";
    }
}

template <typename T>
T *allocate(size_t count) {
    return static_cast<T *>(std::calloc(count > 0 ? count : 1, sizeof(T)));
}

} // namespace

octet_status Device::failed(int error, const char *what) const {
    const octet_status status = status_of(error);
    return fail(status, name, ": ", what, " failed on the CUDA card: ", driver.text(error),
                " (error ", error, "); ", remedy_of(status));
}

octet_status Device::open_context(const octet_cuda_options &options) {
    if (options.context != nullptr) {
        context = options.context;
        const Current current(*this);
        if (const int error = driver.context_device(&number))
            return failed(error, "asking for the context's device");
    } else {
        int count = 0;
        if (driver.device_count(&count) != success || options.device < 0 || options.device >= count)
            return fail(OCTET_ERROR_DEVICE, name, ": there is no CUDA card number ", options.device,
                        ", this machine has ", count,
                        "; choose another, or compile the model with --target host");
        if (const int error = driver.device_get(&number, options.device))
            return failed(error, "opening the card");
        if (const int error = driver.primary_retain(&context, number))
            return failed(error, "opening the card's context");
        owns_context = true;
    }
    int major = 0, minor = 0;
    driver.device_attribute(&major, capability_major, number);
    driver.device_attribute(&minor, capability_minor, number);
    capability = 10 * major + minor;
    return OCTET_OK;
}

octet_status Device::reserve(const file::Program &program, Placement *placement) {
    images = most_images = program.images();
    input_count = program.inputs()->size();
    output_count = program.outputs()->size();
    inputs = allocate<Address>(input_count);
    outputs = allocate<Address>(output_count);
    kernel_capacity = program.kernels()->size();
    kernels = allocate<LoadedKernel>(kernel_capacity);
    if (inputs == nullptr || outputs == nullptr || kernels == nullptr)
        return fail(OCTET_ERROR_MEMORY, name, ": memory for its tables is not to be had");
    const size_t arena = aligned(size_t(arena_bytes(program)));
    const size_t weights = aligned(program.weights()->size());
    size_t total = arena + weights;
    for (const auto *info : *program.inputs())
        total += aligned(dense_bytes(*info));
    for (const auto *info : *program.outputs())
        total += aligned(dense_bytes(*info));
    total = total > 0 ? total : alignment;
    if (const int error = driver.allocate(&memory, total))
        return fail(status_of(error), name, ": ", total,
                    " bytes for weights and activations are not to be had on the CUDA card: ",
                    driver.text(error), "; free memory on it or choose another card");
    // Blocks of threads that reach behind the images of a run read what no run has written.
    if (const int error = driver.fill(memory, 0, total, stream))
        return failed(error, "clearing the memory");
    Address next = memory + arena + weights;
    for (size_t i = 0; i < input_count; ++i) {
        inputs[i] = next;
        next += aligned(dense_bytes(*program.inputs()->Get(flatbuffers::uoffset_t(i))));
    }
    for (size_t i = 0; i < output_count; ++i) {
        outputs[i] = next;
        next += aligned(dense_bytes(*program.outputs()->Get(flatbuffers::uoffset_t(i))));
    }
    placement->context = this;
    placement->arena = pointer(memory);
    placement->weights = pointer(memory + arena);
    if (program.weights()->size() == 0)
        return OCTET_OK;
    if (const int error = driver.copy_to_device(memory + arena, program.weights()->data(),
                                                program.weights()->size(), stream))
        return failed(error, "copying the weights");
    return OCTET_OK;
}

octet_status Device::open(const octet_options &options, const file::Program &program,
                          Placement *placement) {
    const octet_cuda_options defaults{};
    const octet_cuda_options &chosen = options.cuda == nullptr ? defaults : *options.cuda;
    const char *file = chosen.driver == nullptr ? "libcuda.so.1" : chosen.driver;
    if (octet_status status = driver.open(file, name))
        return status;
    if (octet_status status = open_context(chosen))
        return status;
    const Current current(*this);
    records = chosen.no_graph == 0;
    stream = chosen.stream;
    if (stream == nullptr) {
        if (const int error = driver.stream_create(&stream, non_blocking))
            return failed(error, "creating a stream");
        owns_stream = true;
    }
    return reserve(program, placement);
}

octet_status Device::load(const octet_device_kernel &kernel) {
    if (capability < int(kernel.capability)) {
        char card[128] = "the CUDA card";
        driver.device_name(card, sizeof card, number);
        return fail(
            OCTET_ERROR_DEVICE, name, ": ", card, " has compute capability ", capability / 10, ".",
            capability % 10, ", the kernels need ", kernel.capability / 10, ".",
            kernel.capability % 10,
            "; compile the model for an older card (see octet targets) or with --target host");
    }
    char log[512] = "";
    int options[] = {jit_error_log, jit_error_log_bytes};
    void *values[] = {log, reinterpret_cast<void *>(sizeof log)}; // NOLINT: the API's convention
    LoadedKernel loaded{&kernel, nullptr, nullptr};
    if (const int error = driver.module_load(&loaded.module, kernel.image, 2, options, values))
        return fail(status_of(error), name, ": the CUDA driver does not load kernel ",
                    kernel.launches[0].function, ": ", driver.text(error), " ", first_line(log),
                    "; compile the model again for this card, or with --target host");
    loaded.functions = allocate<Handle>(kernel.launch_count);
    kernels[kernel_count++] = loaded;
    if (loaded.functions == nullptr)
        return fail(OCTET_ERROR_MEMORY, name, ": memory for its tables is not to be had");
    constexpr uint32_t usual_shared = 48 << 10; // more must be asked for
    for (uint32_t i = 0; i < kernel.launch_count; ++i) {
        const octet_launch &launch = kernel.launches[i];
        int error = driver.module_function(&loaded.functions[i], loaded.module, launch.function);
        if (error == success && launch.shared_bytes > usual_shared)
            error = driver.function_set(loaded.functions[i], max_dynamic_shared,
                                        int(launch.shared_bytes));
        if (error != success)
            return failed(error, launch.function);
    }
    return OCTET_OK;
}

octet_status Device::launch(const octet_device_kernel &kernel, void **buffers) const {
    const LoadedKernel *loaded = kernels;
    while (loaded->kernel != &kernel)
        ++loaded;
    for (uint32_t i = 0; i < kernel.launch_count; ++i) {
        const octet_launch &launch = kernel.launches[i];
        void *parameters[file::max_arguments];
        for (uint32_t k = 0; k < launch.argument_count; ++k)
            parameters[k] = &static_cast<HalideBuffer *>(buffers[launch.arguments[k]])->host;
        const uint32_t *block = launch.block;
        uint32_t grid[] = {launch.grid[0], launch.grid[1], launch.grid[2]};
        if (launch.image_axis != 0) {
            uint32_t &extent = grid[launch.image_axis - 1];
            extent = uint32_t((uint64_t(extent) * images + most_images - 1) / most_images);
        }
        if (const int error =
                driver.launch(loaded->functions[i], grid[0], grid[1], grid[2], block[0], block[1],
                              block[2], launch.shared_bytes, stream, parameters, nullptr))
            return failed(error, launch.function);
    }
    return OCTET_OK;
}

void Device::forget() {
    if (recorded != nullptr)
        driver.graph_exec_destroy(recorded);
    recorded = nullptr;
}

void Device::close() {
    if (driver.library != nullptr && context != nullptr) {
        const Current current(*this);
        if (stream != nullptr)
            driver.stream_wait(stream);
        forget();
        for (size_t i = 0; i < kernel_count; ++i)
            driver.module_unload(kernels[i].module);
        if (memory != 0)
            driver.free(memory);
        if (owns_stream)
            driver.stream_destroy(stream);
    }
    for (size_t i = 0; i < kernel_count; ++i)
        std::free(kernels[i].functions);
    std::free(kernels);
    std::free(inputs);
    std::free(outputs);
    if (owns_context)
        driver.primary_release(number);
    driver.close();
    std::free(this);
}

} // namespace octet::runtime::cuda
