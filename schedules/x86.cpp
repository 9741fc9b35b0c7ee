#include "schedules/x86.h"

#include <algorithm>

namespace octet::schedules::x86 {

using namespace Halide;
using namespace octet::generators;

namespace {

/// Into how many tasks to split that much work (multiply-accumulates of a dense convolution) when
/// it has `parts` parts: equal tasks only, since a guard against a short last one costs more than
/// it gains. One task is worth about 3 us, a hundred times what handing it over costs.
int task_count(double work, int parts) {
    constexpr double work_per_task = 0.7e6;
    for (int tasks = std::min({16, parts, int(std::min(work / work_per_task, 16.0))}); tasks > 1;
         --tasks)
        if (parts % tasks == 0)
            return tasks;
    return 1;
}

/// Orders a Func's loops, innermost first, and splits `loop`, of `extent` iterations, into equal
/// tasks that run in parallel outside of all others.
void order_loops(Func func, std::vector<VarOrRVar> order, const Var &loop, int extent, int tasks) {
    if (tasks < 2) {
        func.reorder(order);
        return;
    }
    Var task("task");
    order.emplace_back(task);
    func.split(loop, task, loop, extent / tasks, TailStrategy::RoundUp)
        .reorder(order)
        .parallel(task);
}

int ceil_div(int a, int b) {
    return (a + b - 1) / b;
}

/// The padded copy of an input, (channels or a row, ..., rows, images), before a computation of
/// that much work: vectorized along its innermost dimension, in tasks of the same rows.
void schedule_copy(Func copy, const std::vector<int> &extents, double work) {
    copy.compute_root();
    const std::vector<Var> dims = copy.args();
    const Var &inner = dims.front(), &row = dims[extents.size() - 2];
    for (const int width : {64, 32, 16, extents.front()})
        if (extents.front() >= width) {
            copy.vectorize(inner, width, TailStrategy::GuardWithIf);
            break;
        }
    const int rows = extents[extents.size() - 2];
    order_loops(copy, {dims.begin(), dims.end()}, row, rows, task_count(work, rows));
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
    std::vector<VarOrRVar> order = {ci, xi, xo, y, n, co};
    if (!knobs.channels_outer)
        order = {ci, xi, co, xo, y, n};

    const int blocks = spec.epilogue.channels / tile_c, columns = ceil_div(spec.out_w, tile_x);
    const bool rows = spec.out_h > 1;
    const int64_t pixels = int64_t(spec.batch) * spec.in_h * spec.in_w;
    const bool by_channels = knobs.channels_outer && spec.packed_bytes() > pixels * spec.c_in;
    const Var &split = by_channels ? co : rows ? y : xo;
    const int parts = by_channels ? blocks : rows ? spec.out_h : columns;
    const double work = double(spec.packed_bytes()) * spec.batch * spec.out_h * spec.out_w;
    order_loops(kernel.output, order, split, parts, task_count(work, parts));
    kernel.output.vectorize(ci, std::min(knobs.store_vector, tile_c)).unroll(xi).unroll(ci);

    Func acc = kernel.acc;
    acc.compute_at(kernel.output, knobs.channels_outer ? xo : co)
        .split(c, co, ci, lanes)
        .reorder(ci, co, x, y, n)
        .vectorize(ci)
        .unroll(co)
        .unroll(x);
    const RDom &r = kernel.r;
    std::vector<VarOrRVar> reduction = {r[0], ci, co, x};
    for (int i = 1; i < r.dimensions(); ++i)
        reduction.push_back(r[i]);
    acc.update()
        .split(c, co, ci, lanes)
        .reorder(reduction)
        .atomic()
        .vectorize(r[0])
        .vectorize(ci)
        .unroll(co)
        .unroll(x);
    if (knobs.unroll_groups == 0)
        acc.update().unroll(r[1]);
    else if (knobs.unroll_groups > 1 && spec.dots() % knobs.unroll_groups == 0)
        acc.update().unroll(r[1], knobs.unroll_groups);

    if (spec.staged)
        schedule_copy(kernel.staged, spec.staged_extents(), work);
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
    std::vector<VarOrRVar> order = {ci, xi, xo, y, n, co};
    if (!knobs.channels_outer)
        order = {ci, xi, co, xo, y, n};
    // A multiply-accumulate takes about four times as long as in a dense convolution.
    const double work = 4.0 * double(spec.packed_bytes()) * spec.batch * spec.out_h * spec.out_w;
    order_loops(kernel.output, order, y, spec.out_h, task_count(work, spec.out_h));
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

    if (spec.staged)
        schedule_copy(kernel.staged, spec.staged_extents(), work);
}

void schedule(Pointwise &kernel, const PointwiseKnobs &knobs) {
    Func output = kernel.output;
    const Var &c = kernel.dims.front();
    const int width = std::min(knobs.vector, kernel.shape.extents.front());
    for (size_t i = 0; i < kernel.parts.size(); ++i) {
        RVar element = kernel.parts[i].x;
        output.update(int(i)).vectorize(element, width, TailStrategy::GuardWithIf);
    }
    // No element is computed twice: the output may take the place of an input.
    if (kernel.parts.empty())
        output.vectorize(c, width,
                         kernel.shape.extents.front() % width ? TailStrategy::GuardWithIf
                                                              : TailStrategy::RoundUp);
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
