#include "schedules/cortex_m.h"

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

void schedule(Pointwise &kernel, const PointwiseKnobs &) {
    for (Func window : kernel.windows)
        window.compute_at(kernel.output, kernel.dims.front());
    for (Func row : kernel.rows)
        row.compute_at(kernel.output, kernel.dims[1]);
}

PointwiseKnobs choose(const PointwiseShape &, const Capabilities &) {
    return {};
}

} // namespace octet::schedules::cortex_m
