// Which knobs suit a layer on x86: a small model of the machine's ports ranks the possible tiles.
//
// A core issues one 64-byte dot product and one 64-byte load per cycle (two on the widest cores, in
// the same proportion). A tile of M pixels times N vectors needs per reduction step M * N dot
// products, and M broadcasts plus N weight loads; M * N accumulators and N weights must fit in the
// registers. The tiles of a row overlap at its end, so M should nearly divide the row.
#include "schedules/x86.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <tuple>

namespace octet::schedules::x86 {

using namespace octet::generators;

namespace {

int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

/// Products that one instruction adds up: VNNI's four bytes, else vpmaddwd's two widened ones.
int dot_length(const Capabilities &chip) {
    return chip.dot_lanes ? chip.dot_lanes : 2;
}

/// Cycles of the whole layer with tiles of `tile_x` by `tile_c`, in arbitrary units.
double tile_cost(const Conv2dSpec &spec, int tile_x, int tile_c, int blocks) {
    const double taps =
        spec.formulation == ConvFormulation::dot ? spec.kernel_h * spec.kernel_w : spec.kernel_h;
    const double steps = taps * spec.dots();
    const double dots = tile_x * tile_c, loads = tile_x + tile_c;
    // A chain of dependent dot products is four cycles long per step.
    const double step = std::max({dots, loads, 4.0});
    const double epilogue = 6.0 * dots + 12;
    const double tiles = double(ceil_div(spec.out_w, tile_x)) * (blocks / tile_c);
    return tiles * (steps * step + epilogue);
}

} // namespace

std::vector<Conv2dKnobs> candidates(Conv2dSpec &spec, const Capabilities &chip) {
    spec.group = dot_length(chip);
    spec.lanes = chip.vector_bits / 32;
    if (spec.epilogue.channels % spec.lanes)
        throw std::invalid_argument("channel_alignment must be a multiple of vector_bits / 32 (" +
                                    std::to_string(spec.lanes) + "); correct the target's file");
    const int blocks = spec.epilogue.channels / spec.lanes;
    std::vector<std::pair<double, Conv2dKnobs>> tiles;
    for (int tile_c = 1; tile_c <= std::min(8, blocks); ++tile_c) {
        if (blocks % tile_c)
            continue;
        // One register for the broadcast activation, tile_c for weights.
        const int most = std::min(spec.out_w, (chip.vector_registers - 1 - tile_c) / tile_c);
        for (int tile_x = 1; tile_x <= std::min(most, 28); ++tile_x) {
            Conv2dKnobs knobs;
            knobs.tile_x = tile_x;
            knobs.tile_c = tile_c;
            knobs.store_vector = std::min(32, tile_c * spec.lanes);
            tiles.emplace_back(tile_cost(spec, tile_x, tile_c, blocks), knobs);
        }
    }
    std::stable_sort(tiles.begin(), tiles.end(),
                     [](const auto &a, const auto &b) { return a.first < b.first; });
    // The best tiles in every variation of what the model does not know.
    std::vector<Conv2dKnobs> result;
    constexpr size_t tried = 8;
    for (size_t i = 0; i < std::min(tried, tiles.size()); ++i)
        result.push_back(tiles[i].second);
    for (size_t i = 0; i < std::min(tried, tiles.size()); ++i) {
        Conv2dKnobs knobs = tiles[i].second;
        knobs.channels_outer = false;
        if (blocks > knobs.tile_c)
            result.push_back(knobs);
        knobs = tiles[i].second;
        knobs.unroll_groups = spec.dots() <= 8 ? 0 : 2;
        if (spec.dots() > 1)
            result.push_back(knobs);
        knobs = tiles[i].second;
        knobs.store_vector = knobs.store_vector == 32 ? 16 : 64;
        if (knobs.store_vector <= knobs.tile_c * spec.lanes)
            result.push_back(knobs);
    }
    return result;
}

std::vector<DepthwiseKnobs> candidates(DepthwiseConv2dSpec &spec, const Capabilities &chip) {
    spec.group = dot_length(chip);
    std::vector<DepthwiseKnobs> result;
    for (const int tile_c : {16, 32, 64})
        for (const int tile_x : {7, 8, 6, 5, 4, 3, 2, 14}) {
            const bool fits = spec.epilogue.channels % tile_c == 0 && tile_x <= spec.out_w;
            if (fits && tile_x * tile_c <= 16 * 16)
                for (const bool channels_outer : {false, true}) {
                    DepthwiseKnobs knobs;
                    knobs.tile_c = tile_c;
                    knobs.tile_x = tile_x;
                    knobs.channels_outer = channels_outer;
                    result.push_back(knobs);
                }
        }
    if (result.empty())
        result.push_back({.tile_x = 1, .tile_c = 16});
    // Tiles that divide the row first, channels innermost.
    std::stable_sort(result.begin(), result.end(), [&](const auto &a, const auto &b) {
        const auto rank = [&](const DepthwiseKnobs &knobs) {
            return std::tuple(knobs.tile_c, spec.out_w % knobs.tile_x != 0, knobs.channels_outer);
        };
        return rank(a) < rank(b);
    });
    return result;
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
