// Kernels without weights, and the decoding of weights.
#include "schedules/gpu.h"
#include "schedules/gpu_launch.h"

namespace octet::schedules::gpu {

using namespace Halide;
using namespace octet::generators;

void schedule(Pointwise &kernel, const PointwiseKnobs &knobs) {
    Func output = kernel.output;
    Var outer("outer"), inner("inner"), block("block"), thread("thread");
    for (size_t i = 0; i < kernel.parts.size(); ++i) {
        const RDom &part = kernel.parts[i];
        std::vector<RVar> loops;
        int64_t elements = 1;
        for (int d = 0; d < part.dimensions(); ++d) {
            loops.push_back(part[d]);
            elements *= *Internal::as_const_int(Internal::simplify(part[d].extent()));
        }
        launch(output.update(int(i)), loops, elements, knobs.threads, RVar("block"),
               RVar("thread"));
    }
    if (!kernel.parts.empty())
        return;
    const std::vector<int> &extents = kernel.shape.extents;
    // Values per row are computed by the thread that computes the row.
    if (!kernel.rows.empty()) {
        std::vector<Var> loops(kernel.dims.begin() + 1, kernel.dims.end());
        const Var at =
            launch(output, loops, product(extents) / extents[0], knobs.threads, block, thread);
        for (Func row : kernel.rows)
            row.compute_at(output, at);
        return;
    }
    output.split(kernel.dims[0], outer, inner, knobs.vector).vectorize(inner);
    std::vector<Var> loops = {outer};
    loops.insert(loops.end(), kernel.dims.begin() + 1, kernel.dims.end());
    const Var at =
        launch(output, loops, product(extents) / knobs.vector, knobs.threads, block, thread);
    for (Func window : kernel.windows) {
        const Var c = window.args().front();
        window.compute_at(output, at).bound_extent(c, knobs.vector).vectorize(c);
        window.update().reorder(c, window.rvars()[0], window.rvars()[1]).vectorize(c);
    }
}

void schedule(DecodeWeights &kernel, const DecodeWeightsKnobs &knobs) {
    const DecodeWeightsSpec &spec = kernel.spec;
    Var block("block"), thread("thread");
    Func output = kernel.output;
    output.compute_root();
    // Blocks that reach into the next one are written one after another.
    launch(output,
           std::vector<Var>{kernel.place, kernel.lane, kernel.run, kernel.part, kernel.block},
           int64_t(spec.parts()) * spec.part_bytes() * spec.blocks, knobs.threads, block, thread);
}

PointwiseKnobs choose(const PointwiseShape &shape, const Capabilities & /*chip*/) {
    // Few elements are spread over more threads.
    constexpr int64_t enough = 1 << 17;
    int most = 16;
    while (most > 4 && product(shape.extents) / most < enough)
        most /= 2;
    return {divisor(shape.extents.front(), most), 256};
}

DecodeWeightsKnobs choose(DecodeWeightsSpec &spec, const Capabilities & /*chip*/) {
    cut_into_parts(spec, 64, 64);
    return {256};
}

} // namespace octet::schedules::gpu
