// The model's runs on the card: copies in, the calls as one graph, copies out.
#include "runtime/core/message.h"
#include "runtime/core/verify.h"
#include "runtime/cuda/device.h"

#include <cstdlib>
#include <new>

namespace octet::runtime::cuda {

namespace {

Device &device_of(const octet_model &model) {
    return *static_cast<Device *>(model.context);
}

int load_kernel(octet_launcher *launcher, const octet_device_kernel *kernel, void ** /*buffers*/) {
    auto &device = *reinterpret_cast<Device *>(launcher);
    for (size_t i = 0; i < device.kernel_count; ++i)
        if (device.kernels[i].kernel == kernel)
            return OCTET_OK;
    if (device.kernel_count == device.kernel_capacity)
        return fail(OCTET_ERROR_KERNEL, device.name, ": its kernel library is damaged");
    return device.load(*kernel);
}

int launch_kernel(octet_launcher *launcher, const octet_device_kernel *kernel, void **buffers) {
    return reinterpret_cast<Device *>(launcher)->launch(*kernel, buffers);
}

octet_status open(const char *name, const octet_options &options, const file::Program &program,
                  Placement *placement) {
    void *memory = std::malloc(sizeof(Device));
    if (memory == nullptr)
        return fail(OCTET_ERROR_MEMORY, name, ": memory for its tables is not to be had");
    auto *device = new (memory) Device{};
    device->launcher.launch = load_kernel;
    device->name = name;
    const octet_status status = device->open(options, program, placement);
    if (status != OCTET_OK)
        device->close();
    return status;
}

/// Every kernel is called once while the launcher only loads.
octet_status load(octet_model &model) {
    Device &device = device_of(model);
    const Current current(device);
    for (size_t i = 0; i < model.program->calls()->size(); ++i)
        if (octet_status status = run_step(model, i))
            return status;
    device.launcher.launch = launch_kernel;
    device.name = model.program->name()->c_str();
    for (size_t i = 0; i < device.input_count; ++i)
        attach(model.inputs[i], reinterpret_cast<uint8_t *>(device.inputs[i]));
    for (size_t i = 0; i < device.output_count; ++i)
        attach(model.outputs[i], reinterpret_cast<uint8_t *>(device.outputs[i]));
    if (const int error = device.driver.stream_wait(device.stream))
        return device.failed(error, "copying the weights");
    return OCTET_OK;
}

bool on_card(const Device &device, const void *array) {
    unsigned type = 0;
    return device.driver.pointer_attribute(&type, memory_type_attribute,
                                           reinterpret_cast<Address>(array)) == success &&
           type == device_memory;
}

/// Binds a port to the caller's array on the card or to the model's own, which stands for one in
/// the host's memory. What was recorded for another array is forgotten.
octet_status rebind(Device &device, Port &port, const void *array, Address own) {
    constexpr size_t alignment = 16; // of the widest access
    Address address = own;
    if (on_card(device, array)) {
        address = reinterpret_cast<Address>(array);
        if (address % alignment != 0)
            return fail(OCTET_ERROR_ARGUMENT, Quoted{port.info.name},
                        ": its array on the card is misaligned; align it to ", alignment);
    }
    auto *target = reinterpret_cast<uint8_t *>(address);
    if (target == port.bound)
        return OCTET_OK;
    attach(port, target);
    device.forget();
    return OCTET_OK;
}

octet_status launch_all(const octet_model &model, size_t first, size_t count) {
    for (size_t i = first; i < first + count; ++i)
        if (octet_status status = run_step(model, i))
            return status;
    return OCTET_OK;
}

octet_status record(const octet_model &model, Device &device) {
    const Driver &driver = device.driver;
    const octet_status status = launch_all(model, 0, model.program->calls()->size());
    Handle graph = nullptr;
    int error = driver.capture_end(device.stream, &graph);
    if (status == OCTET_OK && error == success)
        error = driver.graph_instantiate(&device.recorded, graph, 0);
    if (graph != nullptr)
        driver.graph_destroy(graph);
    if (status != OCTET_OK)
        return status;
    return error == success ? OCTET_OK : device.failed(error, "recording the run");
}

/// The whole run as one graph where it may be recorded; not on a stream that its owner records, and
/// not on the default stream.
octet_status launch_run(const octet_model &model, Device &device) {
    int capturing = 0;
    if (device.driver.capture_status(device.stream, &capturing) != success || capturing != 0 ||
        !device.records)
        return launch_all(model, 0, model.program->calls()->size());
    if (device.recorded == nullptr) {
        device.records = device.driver.capture_begin(device.stream, relaxed_capture) == success;
        if (!device.records)
            return launch_run(model, device);
        if (octet_status status = record(model, device))
            return status;
    }
    if (const int error = device.driver.graph_launch(device.recorded, device.stream))
        return device.failed(error, "the run");
    return OCTET_OK;
}

/// Bytes of the images that are computed.
size_t used_bytes(const Device &device, const Port &port) {
    return port.info.bytes / device.most_images * device.images;
}

octet_status enqueue(octet_model &model, size_t first, size_t count, size_t images,
                     const void *const *inputs, void *const *outputs) {
    Device &device = device_of(model);
    const Driver &driver = device.driver;
    if (octet_status status = check_arrays(model, inputs, outputs))
        return status;
    if (images != device.images)
        device.forget();
    device.images = images;
    for (size_t i = 0; i < device.input_count; ++i) {
        Port &port = model.inputs[i];
        if (octet_status status = rebind(device, port, inputs[i], device.inputs[i]))
            return status;
        if (port.bound != reinterpret_cast<uint8_t *>(device.inputs[i]))
            continue;
        if (const int error = driver.copy_to_device(device.inputs[i], inputs[i],
                                                    used_bytes(device, port), device.stream))
            return device.failed(error, "copying an input");
    }
    for (size_t i = 0; i < device.output_count; ++i)
        if (octet_status status = rebind(device, model.outputs[i], outputs[i], device.outputs[i]))
            return status;
    const bool whole = first == 0 && count == model.program->calls()->size();
    if (octet_status status = whole ? launch_run(model, device) : launch_all(model, first, count))
        return status;
    for (size_t i = 0; i < device.output_count; ++i) {
        const Port &port = model.outputs[i];
        if (port.bound != reinterpret_cast<uint8_t *>(device.outputs[i]))
            continue;
        if (const int error = driver.copy_to_host(outputs[i], device.outputs[i],
                                                  used_bytes(device, port), device.stream))
            return device.failed(error, "copying an output");
    }
    return OCTET_OK;
}

octet_status wait(const Device &device) {
    const int error = device.driver.stream_wait(device.stream);
    return error == success ? OCTET_OK : device.failed(error, "the run");
}

octet_status run(octet_model &model, size_t first, size_t count, size_t images,
                 const void *const *inputs, void *const *outputs) {
    const Device &device = device_of(model);
    const Current current(device);
    int capturing = 0;
    if (device.driver.capture_status(device.stream, &capturing) == success && capturing != 0)
        return fail(OCTET_ERROR_ARGUMENT, Quoted{device.name},
                    ": its stream is being recorded, so that nothing can be waited for; use "
                    "octet_cuda_run_async");
    if (octet_status status = enqueue(model, first, count, images, inputs, outputs))
        return status;
    return wait(device);
}

octet_status copy(octet_model &model, size_t offset, void *host, size_t bytes, bool write) {
    const Device &device = device_of(model);
    const Current current(device);
    const Address address = reinterpret_cast<Address>(model.arena) + offset;
    const int error = write ? device.driver.copy_to_device(address, host, bytes, device.stream)
                            : device.driver.copy_to_host(host, address, bytes, device.stream);
    if (error != success)
        return device.failed(error, "copying from or to the arena");
    return wait(device);
}

void close(void *context) {
    static_cast<Device *>(context)->close();
}

octet_status not_on_card(const octet_model *model) {
    if (model == nullptr)
        return fail(OCTET_ERROR_ARGUMENT, "model: it is null; open it with octet_model_open");
    return fail(OCTET_ERROR_ARGUMENT, Quoted{model->program->name()->c_str()},
                ": it was not compiled for CUDA; use octet_model_run");
}

} // namespace

} // namespace octet::runtime::cuda

using namespace octet::runtime;

extern "C" {

const octet_device octet_cuda_device = {cuda::open, cuda::load, cuda::run, cuda::copy, cuda::close};

octet_status octet_cuda_run_async(octet_model *model, const void *const *inputs,
                                  void *const *outputs) {
    if (model == nullptr || model->device != &octet_cuda_device)
        return cuda::not_on_card(model);
    return octet_cuda_run_images_async(model, model->program->images(), inputs, outputs);
}

octet_status octet_cuda_run_images_async(octet_model *model, size_t count,
                                         const void *const *inputs, void *const *outputs) {
    if (model == nullptr || model->device != &octet_cuda_device)
        return cuda::not_on_card(model);
    if (octet_status status = check_images(*model, count))
        return status;
    const cuda::Current current(cuda::device_of(*model));
    return cuda::enqueue(*model, 0, model->program->calls()->size(), count, inputs, outputs);
}

octet_status octet_cuda_wait(octet_model *model) {
    if (model == nullptr || model->device != &octet_cuda_device)
        return cuda::not_on_card(model);
    const cuda::Current current(cuda::device_of(*model));
    return cuda::wait(cuda::device_of(*model));
}

} // extern "C"
