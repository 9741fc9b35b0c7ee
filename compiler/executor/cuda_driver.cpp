#include "compiler/executor/cuda_driver.h"

#include "compiler/emit/cuda/assemble.h"
#include "compiler/emit/cuda/ptx_factory.h"
#include "compiler/support/error.h"

#include <dlfcn.h>

namespace octet {

namespace {

/// Why no card here runs code for that compute capability; empty where one does.
std::string refusal(const char *library, int capability) {
    void *driver = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr)
        return "no CUDA driver is installed";
    const auto call = [&]<typename... Arguments>(const char *name, Arguments... arguments) {
        auto *function = reinterpret_cast<int (*)(Arguments...)>(dlsym(driver, name));
        return function != nullptr && function(arguments...) == 0;
    };
    std::string reason;
    int device = 0, major = 0, minor = 0;
    constexpr int capability_major = 75, capability_minor = 76;
    if (!call("cuInit", 0U) || !call("cuDeviceGet", &device, 0))
        reason = "the CUDA driver finds no card";
    else if (!call("cuDeviceGetAttribute", &major, capability_major, device) ||
             !call("cuDeviceGetAttribute", &minor, capability_minor, device) ||
             10 * major + minor < capability)
        reason = fmt::format("the CUDA card has compute capability {}.{}", major, minor);
    dlclose(driver);
    return reason;
}

} // namespace

CudaDriver cuda_driver(const Target &target) {
    const char *library = "libcuda.so.1";
    CudaDriver result{library, false, refusal(library, target.cuda.capability)};
    if (result.reason.empty())
        return result;
    result.interpreter = true;
    for (const std::filesystem::path &folder :
         {shipped_directory() / "emulators", std::filesystem::path(OCTET_EMULATORS)}) {
        result.library = folder / "cuda" / library;
        if (std::filesystem::exists(result.library))
            return result;
    }
    throw Error("target {}: {}, and the interpreter of its kernels is not built; use a machine "
                "with such a card, or --target host",
                target.name, result.reason);
}

std::string cuda_availability(const Target &target) {
    std::string words;
    try {
        emit::require_tile_functions(target);
        words = cuda_driver(target).interpreter ? "in an interpreter" : "yes";
    } catch (const Error &) {
        const bool tiles = target.instructions.empty() || emit::has_tile_functions();
        return tiles ? "no: neither a card nor the interpreter" : "no: built without llvm-as";
    }
    const auto &assembler = target.toolchain.ptx_assembler;
    if (!assembler.empty() && !emit::has_assembler(target))
        words += fmt::format(", as PTX without {}", assembler.front());
    return words;
}

} // namespace octet
