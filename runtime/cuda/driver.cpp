#include "runtime/cuda/driver.h"

#include "runtime/core/message.h"

#include <dlfcn.h>

namespace octet::runtime::cuda {

namespace {

constexpr const char *remedy = "; install NVIDIA's driver, or compile the model with --target host";

/// "12.4" for 12040, in parts of a message.
int major_of(int version) {
    return version / 1000;
}
int minor_of(int version) {
    return version % 1000 / 10;
}

} // namespace

octet_status Driver::open(const char *file, const char *name) {
    library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return fail(OCTET_ERROR_DEVICE, name, ": no CUDA driver was found (", dlerror(), ")",
                    remedy);
    const char *missing = nullptr;
    const auto find = [&](const char *symbol) {
        void *function = dlsym(library, symbol);
        if (function == nullptr && missing == nullptr)
            missing = symbol;
        return function;
    };
#define OCTET_CUDA_FIND(member, symbol, parameters)                                                \
    member = reinterpret_cast<int(*) parameters>(find(symbol));
    OCTET_CUDA_FUNCTIONS(OCTET_CUDA_FIND)
#undef OCTET_CUDA_FIND
    int found = 0;
    if (version != nullptr && version(&found) == success && found < least_version) {
        close();
        return fail(OCTET_ERROR_DEVICE, name, ": the CUDA driver here is for CUDA ",
                    major_of(found), ".", minor_of(found), "; one for ", major_of(least_version),
                    ".", minor_of(least_version),
                    " or newer is needed: update it, or compile the model with --target host");
    }
    if (missing != nullptr) {
        close();
        return fail(OCTET_ERROR_DEVICE, name, ": the CUDA driver here lacks ", missing, remedy);
    }
    if (const int error = init(0); error != success) {
        const octet_status status =
            fail(OCTET_ERROR_DEVICE, name, ": CUDA does not start here: ", text(error), remedy);
        close();
        return status;
    }
    return OCTET_OK;
}

void Driver::close() {
    if (library != nullptr)
        dlclose(library);
    library = nullptr;
}

const char *Driver::text(int error) const {
    const char *words = nullptr;
    if (error_string == nullptr || error_string(error, &words) != success || words == nullptr)
        return "an error without a name";
    return words;
}

octet_status status_of(int error) {
    switch (error) {
    case success:
        return OCTET_OK;
    case out_of_memory:
        return OCTET_ERROR_MEMORY;
    case no_device:
    case no_binary_for_gpu:
    case invalid_ptx:
    case unsupported_ptx_version:
        return OCTET_ERROR_DEVICE;
    case invalid_value:
    case invalid_context:
    case invalid_handle:
        return OCTET_ERROR_ARGUMENT;
    case invalid_image:
    case not_found:
        return OCTET_ERROR_KERNEL;
    default:
        return OCTET_ERROR_DEVICE_LOST;
    }
}

} // namespace octet::runtime::cuda
