// cuLaunchKernel: checks what a driver would check, runs the kernel, reports its fault.
#include "emulator.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <thread>

using namespace octet::ptx;

namespace {

CUresult error_of(FaultKind kind) {
    switch (kind) {
    case FaultKind::OutOfBounds:
    case FaultKind::UseAfterFree:
    case FaultKind::ReadOnly:
        return CUDA_ERROR_ILLEGAL_ADDRESS;
    case FaultKind::Misaligned:
        return CUDA_ERROR_MISALIGNED_ADDRESS;
    case FaultKind::InstructionLimit:
        return CUDA_ERROR_LAUNCH_TIMEOUT;
    default:
        return CUDA_ERROR_LAUNCH_FAILED;
    }
}

// Runs now. After a fault every call in the context fails, as with a card.
CUresult run_now(OctetCudaContext &context, const Launch &launch) {
    Emulator &e = emulator();
    if (e.launches++ >= e.settings.fail_after) {
        e.is_lost = true;
        return complain("the card is lost, as fail_after asks", CUDA_ERROR_UNKNOWN);
    }
    try {
        const Counters counters = run(launch);
        KernelStatistics &statistics = e.statistics[launch.kernel.name];
        statistics.add(launch.kernel, counters);
        statistics.launches++;
        statistics.blocks += launch.blocks();
        statistics.threads += launch.blocks() * launch.threads();
        statistics.dynamic_shared_bytes =
            std::max(statistics.dynamic_shared_bytes, launch.dynamic_shared);
        return CUDA_SUCCESS;
    } catch (const Fault &fault) {
        e.faults++;
        e.last_fault = fault.text();
        return context.error = complain(e.last_fault, error_of(fault.kind));
    }
}

CUresult check(const OctetCudaFunction &function, const Launch &launch) {
    const Kernel &kernel = *function.kernel;
    for (int axis = 0; axis < 3; axis++)
        if (!launch.grid[axis] || !launch.block[axis] || (axis && launch.grid[axis] > 65535))
            return complain(
                fmt::format("kernel {}: a grid of {}, {}, {} blocks of {}, {}, {} threads",
                            kernel.name, launch.grid[0], launch.grid[1], launch.grid[2],
                            launch.block[0], launch.block[1], launch.block[2]),
                CUDA_ERROR_INVALID_VALUE);
    if (launch.block[2] > 64 || launch.threads() > static_cast<unsigned>(kernel.max_threads))
        return complain(fmt::format("kernel {}: {} threads per block, {} are allowed", kernel.name,
                                    launch.threads(), kernel.max_threads),
                        CUDA_ERROR_INVALID_VALUE);
    if (launch.dynamic_shared > function.max_dynamic_shared)
        return complain(fmt::format("kernel {}: {} bytes of dynamic shared memory, {} are allowed; "
                                    "cuFuncSetAttribute allows more",
                                    kernel.name, launch.dynamic_shared,
                                    function.max_dynamic_shared),
                        CUDA_ERROR_INVALID_VALUE);
    if (kernel.shared_bytes > 48 << 10)
        return complain(fmt::format("kernel {}: {} bytes of static shared memory", kernel.name,
                                    kernel.shared_bytes),
                        CUDA_ERROR_INVALID_VALUE);
    return CUDA_SUCCESS;
}

// The parameters as the kernel sees them, from an array of pointers or from one block (extra).
CUresult pack(const Kernel &kernel, void **parameters, void **extra, std::vector<uint8_t> &bytes) {
    bytes.assign(kernel.parameter_bytes, 0);
    if (parameters) {
        for (size_t n = 0; n < kernel.parameters.size(); n++)
            std::memcpy(bytes.data() + kernel.parameters[n].offset, parameters[n],
                        kernel.parameters[n].bytes);
        return CUDA_SUCCESS;
    }
    const void *block = nullptr;
    size_t size = 0;
    for (; extra && extra[0]; extra += 2) {
        if (extra[0] == reinterpret_cast<void *>(1))
            block = extra[1];
        else if (extra[0] == reinterpret_cast<void *>(2))
            size = *static_cast<size_t *>(extra[1]);
    }
    if (block && size >= bytes.size())
        std::memcpy(bytes.data(), block, bytes.size());
    else if (!bytes.empty())
        return complain(fmt::format("kernel {}: {} bytes of parameters are needed, {} are there",
                                    kernel.name, bytes.size(), size),
                        CUDA_ERROR_INVALID_VALUE);
    return CUDA_SUCCESS;
}

} // namespace

OCTET_CUDA_API CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                                       unsigned grid_z, unsigned block_x, unsigned block_y,
                                       unsigned block_z, unsigned shared_bytes, CUstream stream,
                                       void **parameters, void **extra) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!function)
            return CUDA_ERROR_INVALID_HANDLE;
        const Settings &settings = emulator().settings;
        const char *file = std::getenv("OCTET_CUDA_STATISTICS");
        Launch launch{*function->kernel,
                      context.memory,
                      {grid_x, grid_y, grid_z},
                      {block_x, block_y, block_z},
                      static_cast<int>(std::min<unsigned>(shared_bytes, INT32_MAX)),
                      {},
                      settings.checks,
                      settings.instruction_limit,
                      settings.workers ? settings.workers
                                       : std::max(1u, std::thread::hardware_concurrency()),
                      file && *file};
        if (CUresult error = check(*function, launch))
            return error;
        if (CUresult error = pack(*function->kernel, parameters, extra, launch.parameters))
            return error;
        return enqueue(context, stream, [&context, launch] { return run_now(context, launch); });
    });
}
