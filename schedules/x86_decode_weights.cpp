// Decoding weights on x86: vectors of bytes, and selections of few entries rather than look-ups.
//
// A look-up is a load per element, which costs more than 15 selections for 64 of them. Beyond 32
// entries the selections' constants no longer fit in the registers, and look-ups win.
#include "schedules/x86.h"

#include <algorithm>

namespace octet::schedules::x86 {

using namespace Halide;
using namespace octet::generators;

namespace {

constexpr int most_selected_bits = 5;
/// Bytes worth a task of their own, about 3 us.
constexpr int64_t bytes_per_task = 256 << 10;

} // namespace

DecodeWeightsKnobs choose(DecodeWeightsSpec &spec, const Capabilities &chip) {
    const int vector = chip.vector_bits / 8;
    spec.select = spec.codebooks && spec.bits <= most_selected_bits;
    cut_into_parts(spec, vector, vector);
    return {.vector = vector};
}

void schedule(DecodeWeights &kernel, const DecodeWeightsKnobs &knobs) {
    const DecodeWeightsSpec &spec = kernel.spec;
    Func output = kernel.output;
    const int lanes = std::min(spec.lanes, std::max(1, knobs.vector / spec.group));
    Var lo("lo"), li("li"), task("task");
    output.compute_root()
        .split(kernel.lane, lo, li, lanes, TailStrategy::GuardWithIf)
        .reorder(kernel.place, li, kernel.part, kernel.run, lo, kernel.block)
        .unroll(kernel.part);
    const auto vectorize = [&](Func func, const Var &lane) {
        if (spec.lanes == 1)
            func.vectorize(kernel.place, std::min(knobs.vector, spec.group),
                           TailStrategy::GuardWithIf);
        else
            func.vectorize(kernel.place).vectorize(lane);
    };
    vectorize(output, li);
    if (kernel.entries_vary) {
        kernel.entries.compute_at(output, lo);
        kernel.entries.reorder(kernel.place, kernel.lane, kernel.entries.args().front());
        vectorize(kernel.entries, kernel.lane);
    }
    // Blocks that reach into the next one are written one after another.
    const bool apart = spec.block_bytes == spec.parts() * spec.part_bytes();
    const int64_t bytes = spec.decoded_bytes();
    if (apart && bytes >= 2 * bytes_per_task)
        for (int tasks = int(std::min<int64_t>(16, bytes / bytes_per_task)); tasks > 1; --tasks)
            if (spec.blocks % tasks == 0) {
                output.split(kernel.block, task, kernel.block, spec.blocks / tasks).parallel(task);
                break;
            }
}

} // namespace octet::schedules::x86
