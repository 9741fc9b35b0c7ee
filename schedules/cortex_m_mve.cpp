// Convolutions with VMLADAVA: sixteen products into a general register.
//
// Eight of the general registers may accumulate, the even ones. Two pixels by four channels fill
// them: a step loads six vectors for eight instructions of sixteen products. The four channels'
// sums are then one vector, and so are their epilogue and its store.
//
// A dot product reads whole vectors, so it should be long. Where all taps are one run of memory
// (pointwise, fully connected), the input is read in place; elsewhere the rows of a window are
// interleaved for each row of the output (formulation column_dot), kernel_h copies of every input,
// which costs a few instructions per pixel, whatever the number of output channels.
#include "schedules/cortex_m_mve.h"

#include <algorithm>

namespace octet::schedules::cortex_m::mve {

using namespace Halide;
using namespace octet::generators;

namespace {

constexpr int dot_elements = 16, tile_channels = 4, tile_pixels = 2;

/// True when the dot product of an output pixel is one run of the input.
bool reads_in_place(const Conv2dSpec &spec) {
    return spec.kernel_h == 1 && spec.kernel_w == 1 && spec.pad_top == 0 && spec.pad_left == 0 &&
           (spec.out_h - 1) * spec.stride_h < spec.in_h &&
           (spec.out_w - 1) * spec.stride_w < spec.in_w;
}

/// Copies the interleaved rows, tap row by tap row, so that one test tells whether the row exists.
void schedule_columns(Conv2d &kernel) {
    const Conv2dSpec &spec = kernel.spec;
    Func staged = kernel.staged;
    const Var element = staged.args().front();
    Var tap("tap"), column("column"), row("row"), channel("channel"), vector("vector");
    staged.compute_at(kernel.output, kernel.v.y)
        .store_in(MemoryType::Heap)
        .split(element, tap, channel, spec.c_in, TailStrategy::RoundUp)
        .split(tap, column, row, spec.kernel_h, TailStrategy::RoundUp);
    for (const int width : {16, 8, 4})
        if (spec.c_in % width == 0) {
            staged.split(channel, channel, vector, width)
                .vectorize(vector)
                .reorder(vector, channel, column, row);
            return;
        }
    staged.reorder(channel, column, row).unroll(channel);
}

} // namespace

bool suits(const DepthwiseConv2dSpec &spec) {
    return spec.multiplier == 1 && spec.in_type == "s8" && !spec.rebias_input &&
           spec.epilogue.out_type == "s8" && spec.epilogue.channels % tile_channels == 0 &&
           spec.c_in == spec.epilogue.channels && spec.in_stride_c >= spec.epilogue.channels &&
           spec.stride_w <= 10; // Four pixels lie within the reach of a gathering load.
}

std::vector<DepthwiseKnobs> candidates(DepthwiseConv2dSpec &spec) {
    spec.formulation = DepthwiseFormulation::interleaved;
    spec.staged = true;
    // As many rows of the output as read the same groups of four rows of the input.
    spec.block = 1;
    const int groups = spec.row_groups();
    for (spec.block = std::min(spec.out_h, 4); spec.row_groups() > groups;)
        --spec.block;
    spec.epilogue.fixed.lanes = tile_channels;
    spec.scratch_bytes = int64_t(16) * spec.interleaved_columns() * spec.row_groups();
    return {{.tile_x = std::min(4, spec.out_w), .tile_c = tile_channels}};
}

// A tile is four pixels in `block` rows: each 4 x 4 bytes are read for one dot product per row.
void schedule(DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs) {
    const DepthwiseConv2dSpec &spec = kernel.spec;
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), xo("xo"), xi("xi"), yo("yo"), yi("yi");
    const int bytes = 16 * spec.interleaved_columns();
    kernel.output.compute_root()
        .split(c, co, ci, tile_channels, TailStrategy::RoundUp)
        .split(x, xo, xi, knobs.tile_x, TailStrategy::ShiftInwards)
        .split(y, yo, yi, spec.block, TailStrategy::GuardWithIf)
        .reorder(xi, yi, xo, ci, yo, co, n)
        .unroll(yi);
    const EpilogueForm form = spec.epilogue.form;
    if (form == EpilogueForm::doubling || form == EpilogueForm::doubling_sign)
        kernel.output.vectorize(xi);
    else
        kernel.output.unroll(xi);
    kernel.sums.compute_at(kernel.output, xo)
        .vectorize(x, 4, TailStrategy::RoundUp)
        .bound_extent(y, spec.block)
        .unroll(y);
    for (Func invariant : kernel.invariants) {
        invariant.compute_at(kernel.output, ci);
        for (const Var &var : invariant.args())
            invariant.unroll(var);
    }
    kernel.interleaved.compute_at(kernel.output, yo)
        .store_in(MemoryType::Heap)
        .bound(kernel.p, 0, bytes)
        .bound(kernel.xo, 0, spec.row_groups())
        .vectorize(kernel.p, bytes);
}

bool suits(const Conv2dSpec &spec) {
    return spec.groups == 1 && spec.dilation_w == 1 && spec.in_type == "s8" && !spec.rebias_input &&
           spec.epilogue.out_type == "s8" && spec.epilogue.channels % tile_channels == 0;
}

std::vector<Conv2dKnobs> candidates(Conv2dSpec &spec) {
    spec.group = dot_elements;
    spec.lanes = tile_channels;
    spec.epilogue.fixed.lanes = tile_channels;
    spec.staged = !reads_in_place(spec);
    spec.formulation = spec.staged ? ConvFormulation::column_dot : ConvFormulation::dot;
    if (spec.staged) {
        spec.scratch_bytes = spec.staged_extents().front();
    } else if (spec.stride_h == 1 && spec.stride_w == 1) { // Pixels are independent: one long row.
        spec.in_w = spec.out_w = spec.batch * spec.in_h * spec.in_w;
        spec.batch = spec.in_h = spec.out_h = 1;
    }
    return {{.tile_x = std::min(tile_pixels, spec.out_w), .tile_c = 1}};
}

void schedule(Conv2d &kernel, const Conv2dKnobs &knobs) {
    const Conv2dSpec &spec = kernel.spec;
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), xo("xo"), xi("xi");
    const RDom &r = kernel.r;
    kernel.output.compute_root()
        .split(c, co, ci, tile_channels, TailStrategy::RoundUp)
        .split(x, xo, xi, knobs.tile_x, TailStrategy::ShiftInwards)
        .reorder(ci, xi, xo, co, y, n)
        .unroll(xi)
        .partition(y, Partition::Never);
    // Forms without vectors of 32-bit lanes take channel by channel.
    const EpilogueForm form = spec.epilogue.form;
    if (form == EpilogueForm::doubling || form == EpilogueForm::doubling_sign)
        kernel.output.vectorize(ci);
    else
        kernel.output.unroll(ci);
    kernel.acc.compute_at(kernel.output, xo).vectorize(c).unroll(x);
    kernel.acc.update().reorder(r[0], c, x, r[1]).atomic().vectorize(r[0]).unroll(c).unroll(x);
    if (spec.staged)
        schedule_columns(kernel);
}

} // namespace octet::schedules::cortex_m::mve
