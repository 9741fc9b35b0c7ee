#include "schedules/cortex_m.h"

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

void schedule(Conv2d &kernel, const Conv2dKnobs &) {
    const auto &[c, x, y, n] = kernel.v;
    kernel.output.compute_root();
    kernel.acc.compute_at(kernel.output, c);
    if (kernel.spec.staged)
        kernel.staged.compute_root();
}

std::vector<Conv2dKnobs> candidates(Conv2dSpec &spec, const Capabilities &) {
    spec.group = 1;
    spec.lanes = 1;
    return {{.tile_x = 1, .tile_c = 1}};
}

} // namespace octet::schedules::cortex_m
