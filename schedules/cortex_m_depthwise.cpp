#include "schedules/cortex_m.h"

namespace octet::schedules::cortex_m {

using namespace Halide;
using namespace octet::generators;

void schedule(DepthwiseConv2d &kernel, const DepthwiseKnobs &) {
    const auto &[c, x, y, n] = kernel.v;
    kernel.output.compute_root();
    kernel.acc.compute_at(kernel.output, c);
    if (kernel.spec.staged)
        kernel.staged.compute_root();
}

std::vector<DepthwiseKnobs> candidates(DepthwiseConv2dSpec &spec, const Capabilities &) {
    spec.group = 1;
    return {{.tile_x = 1, .tile_c = 1}};
}

} // namespace octet::schedules::cortex_m
