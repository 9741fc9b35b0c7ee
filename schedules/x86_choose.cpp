// Which knobs suit a layer on x86: a small model of the machine's ports ranks the possible tiles.
//
// A core issues one 64-byte dot product and one 64-byte load per cycle (two on the widest cores, in the
// same proportion). A tile of M pixels times N vectors needs per reduction step M * N dot products,
// and M broadcasts plus N weight loads; M * N accumulators and N weights must fit in the registers.
// The tiles of a row overlap at its end, so M should nearly divide the row.
#include "schedules/x86.h"

#include <algorithm>
#include <limits>

namespace octet::schedules::x86 {

using namespace octet::generators;

namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// Cycles of the whole layer with tiles of `tile_x` by `tile_c`, in arbitrary units.
double tile_cost(const Conv2dSpec &spec, int tile_x, int tile_c, int blocks) {
    const double taps = spec.formulation == ConvFormulation::dot ? spec.kernel_h * spec.kernel_w
                                                                 : spec.kernel_h;
    const double steps = taps * spec.dots();
    const double dots = tile_x * tile_c, loads = tile_x + tile_c;
    // A chain of dependent dot products is four cycles long per step.
    const double step = std::max({dots, loads, 4.0});
    const double epilogue = 6.0 * dots + 12;
    const double tiles = double(ceil_div(spec.out_w, tile_x)) * (blocks / tile_c);
    return tiles * (steps * step + epilogue);
}

} // namespace

Conv2dKnobs choose(Conv2dSpec &spec, const Capabilities &chip) {
    spec.group = 4;
    spec.lanes = chip.vector_bits / 32;
    const int blocks = spec.epilogue.channels / spec.lanes;
    Conv2dKnobs knobs;
    double best = std::numeric_limits<double>::infinity();
    for (int tile_c = 1; tile_c <= std::min(8, blocks); ++tile_c) {
        if (blocks % tile_c)
            continue;
        // One register for the broadcast activation, tile_c for weights.
        const int most = std::min(spec.out_w, (chip.vector_registers - 1 - tile_c) / tile_c);
        for (int tile_x = 1; tile_x <= std::min(most, 28); ++tile_x) {
            const double cost = tile_cost(spec, tile_x, tile_c, blocks);
            if (cost < best) {
                best = cost;
                knobs.tile_x = tile_x;
                knobs.tile_c = tile_c;
            }
        }
    }
    knobs.store_vector = std::min(32, knobs.tile_c * spec.lanes);
    // Weights that exceed half of the second-level cache are read once, block by block.
    knobs.channels_outer = true;
    return knobs;
}

DepthwiseKnobs choose(DepthwiseConv2dSpec &spec, const Capabilities &) {
    spec.group = 4;
    DepthwiseKnobs knobs;
    knobs.tile_c = 16;
    for (const int tile : {7, 8, 6, 5, 4})
        if (spec.out_w % tile == 0) {
            knobs.tile_x = tile;
            break;
        }
    return knobs;
}

PointwiseKnobs choose(const PointwiseShape &shape, const Capabilities &chip) {
    PointwiseKnobs knobs;
    const int extent = shape.extents.front();
    knobs.vector = std::max(1, std::min(extent, chip.vector_bits / 8));
    if (shape.element_bits == 32)
        knobs.vector = std::max(1, std::min(extent, chip.vector_bits / 16));
    return knobs;
}

} // namespace octet::schedules::x86
