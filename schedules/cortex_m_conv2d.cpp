// Convolutions on Cortex-M.
//
// A row of the output needs kernel_h rows of the padded input: these are kept in a ring (widened to
// 16 bits where SMLAD multiplies), one new row per output row, so that every input is copied once.
// A row of taps is then one run of memory, and the innermost loop passes over it with tile_x times
// lanes accumulators in registers.
#include "schedules/cortex_m_mve.h"

#include <algorithm>

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

namespace {

int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

/// Rows of the ring: those of one output row.
int ring_rows(const Conv2dSpec &spec) {
    return std::min((spec.kernel_h - 1) * spec.dilation_h + 1, spec.staged_extents().end()[-2]);
}

/// Bytes of the ring; each row is rounded up to whole vectors.
int64_t ring_bytes(const Conv2dSpec &spec, int bytes) {
    const std::vector<int> extents = spec.staged_extents();
    int64_t row = (extents.front() + 15) / 16 * 16 * bytes;
    for (size_t i = 1; i + 2 < extents.size(); ++i)
        row *= extents[i];
    return row * ring_rows(spec);
}

/// Whether rows of the input are whole vectors of the copy.
bool whole_vectors(const Conv2dSpec &spec) {
    return spec.formulation == ConvFormulation::row_dot ? spec.in_w * spec.row_stride() % 4 == 0
                                                        : spec.c_in % 4 == 0;
}

/// Elements before the padding that bring the input's first to a whole vector of the copy.
int lead(const Conv2dSpec &spec) {
    return whole_vectors(spec) && spec.formulation == ConvFormulation::row_dot
               ? (4 - spec.pad_left * spec.row_stride() % 4) % 4
               : 0;
}

/// A product of one vector with a narrow matrix, for which widening the vector ahead does not pay.
bool few_outputs(const Conv2dSpec &spec) {
    return spec.formulation == ConvFormulation::row_dot && spec.kernel_h * spec.kernel_w == 1 &&
           spec.batch * spec.in_h * spec.in_w == 1 && spec.row_stride() % 4 == 0 &&
           spec.epilogue.channels <= 12;
}

/// Instructions of the whole layer with a tile of `pixels` times `channels`, in arbitrary units:
/// one step loads `pixels` activations and `channels` weights and multiplies them.
double tile_cost(const Conv2dSpec &spec, int pixels, int channels, double activation, double weight,
                 double product) {
    const double runs =
        spec.kernel_h * (spec.formulation == ConvFormulation::dot ? spec.kernel_w : 1);
    const double step = pixels * activation + channels * weight + pixels * channels * product + 3;
    const double tiles =
        double(ceil_div(spec.out_w, pixels)) * ceil_div(spec.epilogue.channels, channels);
    const double epilogue = 7.0 * pixels * channels + 4 * channels + 6;
    return tiles * (runs * (spec.dots() * step + 8) + epilogue);
}

/// Pixels do not overlap, so that the image is one long row, read where it lies.
bool pointwise(const Conv2dSpec &spec) {
    return spec.formulation == ConvFormulation::row_dot && spec.kernel_h * spec.kernel_w == 1 &&
           spec.stride_h * spec.stride_w == 1 && spec.in_h == spec.out_h && spec.in_w == spec.out_w;
}

/// Whether the input holds all that the taps reach, so that it can be read where it lies.
bool covers_taps(const Conv2dSpec &spec) {
    return spec.formulation == ConvFormulation::row_dot && spec.pad_left == 0 &&
           spec.pad_top == 0 && (spec.out_w - 1) * spec.stride_w + spec.kernel_w <= spec.in_w &&
           (spec.out_h - 1) * spec.stride_h + (spec.kernel_h - 1) * spec.dilation_h < spec.in_h;
}

/// Rows of so few taps that a loop over them costs more than what it multiplies; copied column by
/// column they are one run.
bool short_rows(const Conv2dSpec &spec) {
    return spec.formulation == ConvFormulation::row_dot && spec.kernel_h > 1 &&
           spec.dilation_w == 1 && spec.c_in == spec.in_stride_c &&
           spec.kernel_w * spec.c_in <= 8 && spec.column_stride() <= 32;
}

/// Knobs for a chip that multiplies one byte at a time.
std::vector<Conv2dKnobs> scalar_candidates(Conv2dSpec &spec, const Capabilities &chip) {
    spec.group = spec.lanes = 1;
    if (pointwise(spec)) {
        spec.in_w = spec.out_w = spec.batch * spec.in_h * spec.in_w;
        spec.batch = spec.in_h = spec.out_h = 1;
    }
    spec.staged &= !covers_taps(spec);
    if (short_rows(spec)) {
        spec.formulation = ConvFormulation::column_dot;
        spec.staged = true;
        spec.scratch_bytes = (spec.staged_extents().front() + 15) / 16 * 16;
    } else if (spec.staged) {
        spec.staged_lead = lead(spec);
        spec.scratch_bytes = ring_bytes(spec, 1);
    }
    // Pixels by channels. With eight registers these are the tiles that the family's instructions
    // have (targets/cortex_m/instructions_tiles.h), with thirteen what leaves room for operands.
    using Tiles = std::vector<std::pair<int, int>>;
    const Tiles shapes = chip.vector_registers <= 8
                             ? Tiles{{3, 2}, {2, 3}, {4, 1}, {1, 4}}
                             : Tiles{{4, 2}, {3, 2}, {2, 2}, {2, 4}, {1, 4}, {2, 3},
                                     {1, 3}, {8, 1}, {4, 1}, {1, 2}, {1, 1}};
    std::vector<std::pair<double, Conv2dKnobs>> tiles;
    for (const auto &[pixels, channels] : shapes)
        if (pixels <= spec.out_w && channels <= spec.epilogue.channels)
            tiles.push_back({tile_cost(spec, pixels, channels, 1, 1, 1),
                             {.tile_x = pixels, .tile_c = channels}});
    std::stable_sort(tiles.begin(), tiles.end(),
                     [](const auto &a, const auto &b) { return a.first < b.first; });
    std::vector<Conv2dKnobs> result;
    for (const auto &[cost, knobs] : tiles)
        result.push_back(knobs);
    if (result.empty())
        result.push_back({.tile_x = 1, .tile_c = 1});
    return result;
}

} // namespace

void schedule(Conv2d &kernel, const Conv2dKnobs &knobs) {
    const Conv2dSpec &spec = kernel.spec;
    if (spec.group == 16)
        return mve::schedule(kernel, knobs);
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), xo("xo"), xi("xi");
    const int tile_c = spec.lanes * knobs.tile_c, tile_x = std::min(knobs.tile_x, spec.out_w);

    kernel.output.compute_root()
        .split(c, co, ci, tile_c,
               spec.epilogue.channels % tile_c ? TailStrategy::ShiftInwards : TailStrategy::RoundUp)
        .split(x, xo, xi, tile_x, TailStrategy::ShiftInwards)
        .reorder(ci, xi, xo, co, y, n)
        .unroll(ci)
        .unroll(xi);

    const RDom &r = kernel.r;
    std::vector<VarOrRVar> order;
    for (int i = 0; i < kernel.r_dot; ++i)
        order.emplace_back(r[i]);
    order.insert(order.end(), {c, x});
    for (int i = kernel.r_dot; i < r.dimensions(); ++i)
        order.emplace_back(r[i]);
    kernel.acc.compute_at(kernel.output, xo).unroll(c).unroll(x);
    kernel.acc.update().reorder(order).unroll(c).unroll(x);
    if (spec.group > 1) {
        kernel.acc.update().atomic();
        for (int i = 0; i < kernel.r_dot; ++i)
            kernel.acc.update().vectorize(r[i]);
    }
    if (knobs.unroll_groups > 1 && spec.dots() % knobs.unroll_groups == 0)
        kernel.acc.update().unroll(r[kernel.r_dot], knobs.unroll_groups);

    if (!spec.staged)
        return;
    if (spec.formulation == ConvFormulation::column_dot) {
        Var column("column"), place("place");
        kernel.staged.store_in(MemoryType::Heap)
            .compute_at(kernel.output, y)
            .split(kernel.staged.args().front(), column, place, spec.column_stride(),
                   TailStrategy::RoundUp)
            .unroll(place);
        return;
    }
    kernel.staged.store_in(MemoryType::Heap)
        .compute_at(kernel.output, y)
        .store_at(kernel.output, n)
        .fold_storage(kernel.staged.args()[spec.staged_extents().size() - 2], ring_rows(spec));
    if (whole_vectors(spec)) {
        const Var inner = kernel.staged.args().front();
        kernel.staged.align_bounds(inner, 4).vectorize(inner, 4, TailStrategy::RoundUp);
    }
}

std::vector<Conv2dKnobs> candidates(Conv2dSpec &spec, const Capabilities &chip) {
    if (chip.dot_lanes == 16 && mve::suits(spec))
        return mve::candidates(spec);
    if (chip.dot_lanes <= 1)
        return scalar_candidates(spec, chip);
    const bool dsp = chip.dot_lanes == 4;
    spec.group = dsp ? 4 : 1;
    spec.staged = !few_outputs(spec) && (spec.staged || dsp);
    spec.even_odd = dsp && spec.staged;
    spec.staged_type = spec.even_odd ? "s16" : "";
    if (spec.staged) {
        spec.staged_lead = lead(spec);
        spec.scratch_bytes = ring_bytes(spec, dsp ? 2 : 1);
    }
    // Registers: accumulators, the operands that are held, two that pass, two pointers.
    std::vector<std::pair<double, std::pair<int, int>>> tiles;
    const int registers = chip.dot_lanes == 16 ? 8 : 14;
    for (const int channels : {1, 2, 3, 4})
        for (int pixels = 1; pixels <= std::min(8, spec.out_w); ++pixels) {
            int used = pixels * channels;
            if (chip.dot_lanes != 16)
                used += (dsp ? 2 : 1) * (std::min(pixels, channels) + 1) + 2;
            if (used > registers || channels > spec.epilogue.channels)
                continue;
            tiles.push_back({tile_cost(spec, pixels, channels, 1, dsp ? 3 : 1, dsp ? 2 : 1),
                             {pixels, channels}});
        }
    std::stable_sort(tiles.begin(), tiles.end(),
                     [](const auto &a, const auto &b) { return a.first < b.first; });
    // The last tile of a number of channels that is no multiple repeats some of the one before;
    // then tiles begin at any channel, and each channel is packed by itself.
    const int channels = tiles.front().second.second;
    spec.lanes = spec.epilogue.channels % channels ? 1 : channels;
    std::vector<Conv2dKnobs> result;
    for (const auto &[cost, tile] : tiles)
        if (tile.second == channels) // Another number of channels is another packing.
            // Small tiles have registers to spare for further groups, which share the loop's price.
            for (const int unroll : few_outputs(spec)              ? std::vector{4, 2, 1}
                                    : tile.first *tile.second <= 4 ? std::vector{2, 1}
                                                                   : std::vector{1, 2})
                result.push_back({.tile_x = tile.first,
                                  .tile_c = channels / spec.lanes,
                                  .unroll_groups = unroll});
    return result;
}

} // namespace octet::schedules::cortex_m
