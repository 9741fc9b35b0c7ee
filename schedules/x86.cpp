#include "schedules/x86.h"

#include <algorithm>

namespace octet::schedules::x86 {

using namespace Halide;
using namespace octet::generators;

namespace {

/// Vectorizes a copy along its innermost dimension, in the widest pieces that fit it.
void vectorize_copy(Func copy, int extent) {
    const Var inner = copy.args().front();
    for (int width : {64, 32, 16})
        if (extent >= width) {
            copy.vectorize(inner, width, TailStrategy::GuardWithIf);
            return;
        }
    copy.vectorize(inner, extent);
}

} // namespace

void schedule(Conv2d &kernel, const Conv2dKnobs &knobs) {
    const Conv2dSpec &spec = kernel.spec;
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), xo("xo"), xi("xi");
    const int lanes = spec.lanes, tile_c = lanes * knobs.tile_c;
    const int tile_x = std::min(knobs.tile_x, spec.out_w);
    // The last tile of a row overlaps its neighbour rather than ending in a remainder loop.
    const TailStrategy tail = TailStrategy::ShiftInwards;

    kernel.output.compute_root().split(c, co, ci, tile_c, tail).split(x, xo, xi, tile_x, tail);
    if (knobs.channels_outer)
        kernel.output.reorder(ci, xi, xo, y, n, co);
    else
        kernel.output.reorder(ci, xi, co, xo, y, n);
    kernel.output.vectorize(ci, std::min(knobs.store_vector, tile_c)).unroll(xi).unroll(ci);

    Func acc = kernel.acc;
    acc.compute_at(kernel.output, knobs.channels_outer ? xo : co)
        .split(c, co, ci, lanes)
        .reorder(ci, co, x, y, n)
        .vectorize(ci)
        .unroll(co)
        .unroll(x);
    const RDom &r = kernel.r;
    std::vector<VarOrRVar> order = {r[0], ci, co, x};
    for (int i = 1; i < r.dimensions(); ++i)
        order.push_back(r[i]);
    acc.update()
        .split(c, co, ci, lanes)
        .reorder(order)
        .atomic()
        .vectorize(r[0])
        .vectorize(ci)
        .unroll(co)
        .unroll(x);
    if (knobs.unroll_groups == 0)
        acc.update().unroll(r[1]);
    else if (knobs.unroll_groups > 1 && spec.dots() % knobs.unroll_groups == 0)
        acc.update().unroll(r[1], knobs.unroll_groups);

    if (spec.staged) {
        kernel.staged.compute_root();
        vectorize_copy(kernel.staged, spec.staged_extents().front());
    }
}

void schedule(DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs) {
    const DepthwiseConv2dSpec &spec = kernel.spec;
    const auto &[c, x, y, n] = kernel.v;
    Var co("co"), ci("ci"), xo("xo"), xi("xi");
    const int tile_x = std::min(knobs.tile_x, spec.out_w);
    const int lanes = std::min(16, knobs.tile_c);
    const TailStrategy tail = TailStrategy::ShiftInwards;

    kernel.output.compute_root()
        .split(c, co, ci, knobs.tile_c, tail)
        .split(x, xo, xi, tile_x, tail);
    if (knobs.channels_outer)
        kernel.output.reorder(ci, xi, xo, y, n, co);
    else
        kernel.output.reorder(ci, xi, co, xo, y, n);
    kernel.output.vectorize(ci).unroll(xi);

    const RDom &r = kernel.r;
    const Var &tile = knobs.channels_outer ? xo : co;
    kernel.acc.compute_at(kernel.output, tile).vectorize(c, lanes).unroll(c).unroll(x);
    kernel.acc.update()
        .reorder({r[0], c, x, r[1], r[2]})
        .atomic()
        .vectorize(r[0])
        .vectorize(c, lanes)
        .unroll(c)
        .unroll(x)
        .unroll(r[1])
        .unroll(r[2]);
    kernel.taps.compute_at(kernel.output, tile)
        .bound(kernel.j, 0, spec.group * spec.groups())
        .reorder(kernel.j, c, x, y, n)
        .unroll(kernel.j)
        .vectorize(c, std::min(64, knobs.tile_c))
        .unroll(x);

    if (spec.staged) {
        kernel.staged.compute_root();
        vectorize_copy(kernel.staged, spec.staged_extents().front());
    }
}

void schedule(Pointwise &kernel, const PointwiseKnobs &knobs) {
    Func output = kernel.output;
    const Var &c = kernel.dims.front();
    const int width = std::min(knobs.vector, kernel.shape.extents.front());
    for (size_t i = 0; i < kernel.parts.size(); ++i) {
        RVar element = kernel.parts[i].x;
        output.update(int(i)).vectorize(element, width, TailStrategy::GuardWithIf);
    }
    if (kernel.parts.empty() && knobs.unroll > 1 &&
        kernel.shape.extents.front() >= width * knobs.unroll) {
        Var co("co"), ci("ci");
        output.split(c, co, ci, width * knobs.unroll, TailStrategy::ShiftInwards)
            .vectorize(ci, width)
            .unroll(ci);
    } else if (kernel.parts.empty()) {
        output.vectorize(c, width,
                         kernel.shape.extents.front() % width ? TailStrategy::GuardWithIf
                                                              : TailStrategy::ShiftInwards);
    }
    for (Func window : kernel.windows) {
        const Var inner = window.args().front();
        window.compute_at(output, c).vectorize(inner, width);
        window.update().reorder(inner, window.rvars()[0], window.rvars()[1]);
        window.update().vectorize(inner, width);
    }
    for (Func row : kernel.rows)
        row.compute_at(output, kernel.dims[1]);
}

} // namespace octet::schedules::x86
