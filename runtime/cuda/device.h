// A model on a CUDA card: memory, loaded kernels, a stream, and the recorded run.
#pragma once

#include "octet/cuda.h"
#include "octet/device.h"
#include "runtime/core/model.h"
#include "runtime/cuda/driver.h"

namespace octet::runtime::cuda {

/// One loaded image and the functions of its launches.
struct LoadedKernel {
    const octet_device_kernel *kernel;
    Handle module;
    Handle *functions;
};

/// The user context of the model's kernels. Lives on the heap, which nothing but opening uses.
struct Device {
    octet_launcher launcher; ///< First: kernels know no more of the device.
    const char *name;        ///< of the model, for messages while it is opened
    Driver driver;
    Handle context = nullptr, stream = nullptr;
    int number = 0, capability = 0;
    bool owns_context = false, owns_stream = false, records = true;
    Address memory = 0; ///< arena, weights, then an array for each input and output
    Address *inputs = nullptr, *outputs = nullptr;
    size_t input_count = 0, output_count = 0;
    LoadedKernel *kernels = nullptr;
    size_t kernel_count = 0, kernel_capacity = 0;
    Handle recorded = nullptr; ///< the run as a graph, for the arrays that are bound
    size_t most_images = 1;    ///< of a batch
    size_t images = 1;         ///< that launches are for, recorded ones too

    /// Keeps a message on an error of the driver; `what` is what was tried.
    octet_status failed(int error, const char *what) const;
    octet_status open(const octet_options &options, const file::Program &program,
                      Placement *placement);
    /// Enqueues a kernel's launches.
    octet_status launch(const octet_device_kernel &kernel, void **buffers) const;
    octet_status load(const octet_device_kernel &kernel);
    /// Forgets the recorded run.
    void forget();
    void close();

private:
    octet_status open_context(const octet_cuda_options &options);
    octet_status reserve(const file::Program &program, Placement *placement);
};

/// Makes the device's context the thread's current one while it lives.
class Current {
public:
    explicit Current(const Device &device) : driver_(device.driver) {
        driver_.context_push(device.context);
    }
    ~Current() {
        Handle ignored;
        driver_.context_pop(&ignored);
    }
    Current(const Current &) = delete;
    Current &operator=(const Current &) = delete;

private:
    const Driver &driver_;
};

} // namespace octet::runtime::cuda
