// Convolutions in tiles of a tile instruction: a block's operands in shared memory, a warp's
// accumulators in registers.
#include "schedules/gpu.h"

#include <algorithm>

namespace octet::schedules::gpu {

using namespace Halide;
using namespace octet::generators;

void schedule(ConvTiles &kernel, const ConvTilesKnobs & /*knobs*/) {
    const ConvTilesSpec &spec = kernel.spec;
    const RDom &f = kernel.fragment;
    const RVar thread = f[4];
    kernel.output.compute_root();
    kernel.output.output_buffer().set_host_alignment(16);
    // All of a thread's outputs are different ones.
    kernel.output.update()
        .allow_race_conditions()
        .reorder({f[0], f[1], f[2], f[3], thread, f[5], f[6]})
        .gpu_blocks(f[5], f[6])
        .gpu_threads(thread)
        .vectorize(f[0])
        .unroll(f[1])
        .unroll(f[2])
        .unroll(f[3]);

    Func acc = kernel.acc;
    acc.compute_at(kernel.output, f[5])
        .store_in(MemoryType::Register)
        .bound(kernel.i, 0, mma_s8().c)
        .bound(kernel.tn, 0, spec.tiles_n)
        .bound(kernel.tm, 0, spec.tiles_m)
        .bound_extent(kernel.bn, 1)
        .bound_extent(kernel.bm, 1);
    acc.update(0)
        .allow_race_conditions()
        .reorder({kernel.i, kernel.tn, kernel.tm, kernel.bn, kernel.bm, kernel.first})
        .gpu_threads(kernel.first)
        .vectorize(kernel.i)
        .unroll(kernel.tn)
        .unroll(kernel.tm);
    acc.update(1)
        .allow_race_conditions()
        .reorder({kernel.i, kernel.tn, kernel.tm, kernel.product[0], kernel.bn, kernel.bm,
                  kernel.product[1], kernel.product[2]})
        .gpu_threads(kernel.product[1])
        .vectorize(kernel.i)
        .unroll(kernel.tn)
        .unroll(kernel.tm)
        .unroll(kernel.product[0]);

    // A thread's words of a chunk, in one load per row.
    for (Func operand : {kernel.thread_a, kernel.thread_b})
        operand.compute_at(acc, kernel.product[1])
            .store_in(MemoryType::Register)
            .bound(kernel.part, 0, 4)
            .vectorize(kernel.part)
            .unroll(kernel.tile);
    kernel.thread_a.bound(kernel.tile_row, 0, 2).unroll(kernel.tile_row);

    // Words that lie together in memory are loaded together.
    const auto stage = [&](Func operand, int rows, int words) {
        Var outer("outer"), inner("inner"), all("all"), load("load"), at("at");
        operand.compute_at(acc, kernel.product[2])
            .store_in(MemoryType::GPUShared)
            .bound(kernel.word, 0, ConvTilesSpec::chunk_words)
            .bound_extent(kernel.row, rows)
            .bound_extent(kernel.chunk, 1)
            .split(kernel.word, outer, inner, words)
            .fuse(outer, kernel.row, all)
            .split(all, load, at, spec.threads())
            .reorder(inner, load, at, kernel.chunk)
            .vectorize(inner)
            .gpu_threads(at)
            .unroll(load);
    };
    int words = 4;
    while (spec.tap_words() % words)
        words /= 2;
    stage(kernel.a, spec.block_m(), words);
    stage(kernel.b, spec.block_n(), 4);
}

std::vector<ConvTilesKnobs> candidates(ConvTilesSpec &spec, const Capabilities &chip) {
    // Fewer rows than half of a tile waste more than the tiles gain.
    if (!chip.tile_products || spec.rows() < 8)
        return {};
    const int channels = spec.epilogue.channels;
    spec.tiles_n = channels >= 32 ? 4 : std::max(1, (channels + 7) / 8);
    spec.warps_n = channels >= 64 ? 2 : 1;
    spec.tiles_m = spec.rows() >= 64 ? 4 : std::max(1, (spec.rows() + 15) / 16);
    spec.warps_m = spec.rows() >= 128 ? 2 : 1;
    // Small grids leave cards idle: smaller tiles rather than fewer blocks.
    constexpr int multiprocessors = 100;
    while (spec.blocks_m() * spec.blocks_n() < multiprocessors) {
        if (spec.warps_m > 1)
            spec.warps_m = 1;
        else if (spec.tiles_m > 1)
            spec.tiles_m /= 2;
        else
            break;
    }
    return {{.stages = chip.async_copies ? std::min(3, spec.chunks()) : 1}};
}

} // namespace octet::schedules::gpu
