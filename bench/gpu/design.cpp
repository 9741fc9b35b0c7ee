#include "bench/gpu/design.h"

#include "tests/support/device_kernels.h"

#include <algorithm>

namespace octet::bench {

namespace {

/// A multiprocessor of compute capability 9.0 (CUDA C++ Programming Guide, "Technical
/// Specifications per Compute Capability"); 8.0 differs in shared memory, 164 KiB.
constexpr int warps_at_most = 64, blocks_at_most = 32, registers_at_most = 65536;
constexpr int shared_at_most = 227 << 10, shared_per_block = 1 << 10;
constexpr int register_unit = 256; ///< registers of a warp are allocated in multiples of it

int up(int value, int unit) {
    return (value + unit - 1) / unit * unit;
}

double occupancy(int threads, int registers, int shared_bytes) {
    const int warps = std::max(1, up(threads, 32) / 32);
    int blocks = std::min(blocks_at_most, warps_at_most / warps);
    blocks = std::min(blocks, shared_at_most / (shared_bytes + shared_per_block));
    if (registers > 0)
        blocks = std::min(blocks, registers_at_most / up(32 * registers, register_unit) / warps);
    return double(blocks * warps) / warps_at_most;
}

int registers_of(const std::vector<CardResources> &resources, const std::string &function) {
    int result = 0;
    for (const CardResources &line : resources)
        if (line.function == function)
            result = line.registers; // the last card is the newest
    return result;
}

} // namespace

Design design_of(const Compiled &compiled) {
    Design design;
    const lower::Program &program = compiled.program;
    for (const lower::Call &call : program.calls)
        design.macs += call.macs;
    const auto add = [&](const std::vector<int> &tensors) {
        for (const int id : tensors) {
            const lower::StoredTensor &tensor = program.tensors[size_t(id)];
            design.bytes += element_count(tensor.shape) * int64_t(size_of(tensor.dtype));
        }
    };
    add(program.inputs);
    add(program.outputs);
    design.bytes += int64_t(program.weights.size());

    const std::vector<octet_device_kernel> kernels = test::device_kernels(compiled);
    for (size_t k = 0; k < kernels.size(); ++k)
        for (uint32_t i = 0; i < kernels[k].launch_count; ++i) {
            const octet_launch &launch = kernels[k].launches[i];
            const int blocks = int(launch.grid[0] * launch.grid[1] * launch.grid[2]);
            const int threads = int(launch.block[0] * launch.block[1] * launch.block[2]);
            design.blocks = blocks;
            design.threads = threads;
            design.shared_bytes = int(launch.shared_bytes);
            design.registers = k < compiled.resources.size()
                                   ? registers_of(compiled.resources[k], launch.function)
                                   : 0;
            design.occupancy = occupancy(threads, design.registers, design.shared_bytes);
        }
    return design;
}

} // namespace octet::bench
