// Kernels without weights on Cortex-M: loops over bytes whose constants stay in registers.
#include "schedules/cortex_m.h"

#include <algorithm>
#include <initializer_list>

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

namespace {

/// Sums, or largest values, of a tile of channels at a time, so that the window's loops run once
/// for them all.
void schedule_windows(Pointwise &kernel, const PointwiseKnobs &knobs) {
    const Var &c = kernel.dims.front();
    Var tile("tile");
    kernel.output.split(c, tile, c, knobs.vector * knobs.unroll);
    for (Func window : kernel.windows) {
        const Var inner = window.args().front();
        const RVar column = window.rvars()[0], row = window.rvars()[1];
        window.compute_at(kernel.output, tile);
        window.update().reorder(inner, column, row);
        if (knobs.vector > 1) {
            const int lanes = std::min(knobs.vector, 128 / window.type().bits());
            window.vectorize(inner, lanes);
            window.update().vectorize(inner, lanes);
        }
        window.unroll(inner);
        window.update().unroll(inner);
        if (knobs.window > 1)
            window.update().unroll(column, knobs.window);
    }
    // What follows a sum is scalar, like the 64-bit products that it may need.
    if (knobs.vector > 1 && kernel.shape.element_bits == 8)
        kernel.output.vectorize(c);
    else if (knobs.vector == 1)
        kernel.output.unroll(c);
}

} // namespace

void schedule(Pointwise &kernel, const PointwiseKnobs &knobs) {
    // The output may alias an argument, so that compilers would read it again for each element.
    for (Func invariant : kernel.invariants)
        invariant.compute_root().store_in(MemoryType::Stack).unroll(invariant.args().front());
    const bool sums = !kernel.invariants.empty();
    if (!kernel.windows.empty())
        schedule_windows(kernel, knobs);
    else if (sums && knobs.vector > 1) // Of 32 bits, which compilers do not see may alias nothing.
        kernel.output.vectorize(kernel.dims.front(), 4);
    else if (knobs.unroll > 1)
        kernel.output.unroll(kernel.dims.front(), knobs.unroll);
    for (Func row : kernel.rows)
        row.compute_at(kernel.output, kernel.dims[1]);
}

PointwiseKnobs choose(const PointwiseShape &shape, const Capabilities &chip) {
    const auto largest = [&](std::initializer_list<int> factors) {
        for (const int factor : factors)
            if (shape.extents.front() % factor == 0)
                return factor;
        return 1;
    };
    PointwiseKnobs knobs;
    if (chip.vector_bits >= 128) {
        knobs.vector = largest({16, 8, 4}); // Loops over elements are left to the compiler.
    } else if (!shape.moves) {              // Plain copies, too.
        knobs.unroll = largest({4, 2});
        knobs.window = shape.window;
    }
    return knobs;
}

} // namespace octet::schedules::cortex_m
