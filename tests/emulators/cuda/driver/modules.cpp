// Modules: PTX is decoded when it is loaded, and refused as a whole if one line is not understood.
#include "emulator.h"
#include "fatbin.h"

#include "../ptx/parse_module.h"
#include "../ptx/text.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace octet::ptx;

namespace {

// Variables of a module are allocations of their own, so an access beyond one is seen.
uint64_t place(OctetCudaContext &context, const Variable &variable) {
    Allocation *allocation = context.memory.allocate(std::max<size_t>(variable.bytes.size(), 1));
    if (!allocation)
        throw PtxError("there is no memory for variable " + variable.name);
    std::copy(variable.bytes.begin(), variable.bytes.end(), allocation->bytes.get());
    std::fill_n(allocation->states.get(), variable.bytes.size(), ByteState::Written);
    allocation->is_constant = variable.space == Space::Const;
    return allocation->address;
}

// sm_90a is for compute capability 9.0 alone, sm_80 for 8.0 and all that came later.
bool runs_on(const Module &module, int capability) {
    const bool only_there = module.target.find_last_of("af") != module.target.npos;
    return only_there ? module.capability == capability : module.capability <= capability;
}

CUresult load(OctetCudaContext &context, CUmodule *result, const void *image, std::string &log) {
    const int capability = emulator().settings.capability;
    const Image found = find_ptx(image, capability);
    if (found.ptx.empty()) {
        log = found.why;
        return complain(log, CUDA_ERROR_NO_BINARY_FOR_GPU);
    }
    auto module = std::make_unique<OctetCudaModule>();
    try {
        module->module =
            parse_module(found.ptx, [&](const Variable &v) { return place(context, v); });
    } catch (const PtxError &error) {
        log = error.what();
        return complain(log, CUDA_ERROR_INVALID_PTX);
    }
    if (!runs_on(module->module, capability)) {
        log = fmt::format("PTX for {} does not run on sm_{}", module->module.target, capability);
        return complain(log, CUDA_ERROR_NO_BINARY_FOR_GPU);
    }
    for (const auto &kernel : module->module.kernels) {
        auto function = std::make_unique<OctetCudaFunction>();
        function->kernel = kernel.get();
        function->max_dynamic_shared = std::max(0, (48 << 10) - kernel->shared_bytes);
        function->capability = module->module.capability;
        module->functions.push_back(std::move(function));
    }
    *result = keep(context.modules, std::move(module));
    return CUDA_SUCCESS;
}

// Options 5 and 6: where errors are written, and how much fits.
void write_log(const std::string &log, unsigned count, const int *options, void **values) {
    char *buffer = nullptr;
    size_t bytes = 0;
    for (unsigned n = 0; n < count; n++) {
        if (options[n] == 5)
            buffer = static_cast<char *>(values[n]);
        if (options[n] == 6)
            bytes = reinterpret_cast<size_t>(values[n]);
    }
    if (buffer && bytes) {
        std::strncpy(buffer, log.c_str(), bytes - 1);
        buffer[bytes - 1] = 0;
    }
}

} // namespace

OCTET_CUDA_API CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count,
                                           int *options, void **values) {
    return call_in_context([&](OctetCudaContext &context) {
        std::string log;
        const CUresult error = load(context, module, image, log);
        write_log(log, count, options, values);
        return error;
    });
}

OCTET_CUDA_API CUresult cuModuleLoadData(CUmodule *module, const void *image) {
    return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

OCTET_CUDA_API CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image) {
    return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

OCTET_CUDA_API CUresult cuModuleUnload(CUmodule module) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!owns(context.modules, module))
            return CUDA_ERROR_INVALID_HANDLE;
        if (CUresult error = finish_late(context))
            return error;
        for (const Variable &variable : module->module.variables)
            context.memory.free(variable.address);
        erase_owned(context.modules, module);
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuModuleGetFunction(CUfunction *function, CUmodule module,
                                            const char *name) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!owns(context.modules, module))
            return CUDA_ERROR_INVALID_HANDLE;
        for (const auto &candidate : module->functions)
            if (candidate->kernel->name == name) {
                *function = candidate.get();
                return CUDA_SUCCESS;
            }
        return complain(std::string("the module has no kernel ") + name, CUDA_ERROR_NOT_FOUND);
    });
}

OCTET_CUDA_API CUresult cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes, CUmodule module,
                                             const char *name) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!owns(context.modules, module))
            return CUDA_ERROR_INVALID_HANDLE;
        for (const Variable &variable : module->module.variables)
            if (variable.name == name) {
                if (address)
                    *address = variable.address;
                if (bytes)
                    *bytes = variable.bytes.size();
                return CUDA_SUCCESS;
            }
        return CUDA_ERROR_NOT_FOUND;
    });
}
