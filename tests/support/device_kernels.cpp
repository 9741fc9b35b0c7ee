#include "tests/support/device_kernels.h"

#include "compiler/support/error.h"
#include "runtime/include/octet/octet.h"

#include <dlfcn.h>

namespace octet::test {

namespace {

/// A launcher that launches nothing.
struct Collector {
    octet_launcher launcher; ///< First: kernels see no more.
    std::vector<octet_device_kernel> kernels;
};

int collect(octet_launcher *launcher, const octet_device_kernel *kernel, void ** /*buffers*/) {
    reinterpret_cast<Collector *>(launcher)->kernels.push_back(*kernel);
    return OCTET_OK;
}

} // namespace

std::vector<octet_device_kernel> device_kernels(const Compiled &compiled) {
    void *loaded = dlopen(compiled.shared_library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (loaded == nullptr)
        throw Error("{}: {}; remove the cache and try again", compiled.shared_library.string(),
                    dlerror());
    const auto *library = static_cast<const octet_library *>(
        dlsym(loaded, ("octet_" + compiled.program.name + "_library").c_str()));
    if (library == nullptr)
        throw Error("{}: its kernel table is missing; remove the cache and try again",
                    compiled.shared_library.string());
    Collector collector{{collect}, {}};
    void *context = &collector;
    void *arguments[] = {&context, nullptr};
    for (uint32_t i = 0; i < library->kernel_count; ++i)
        library->kernels[i](arguments);
    return collector.kernels;
}

} // namespace octet::test
