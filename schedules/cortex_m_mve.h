// Schedules for the Cortex-M with MVE: what their loops must look like for
// compiler/emit/select_mve.h to find its instructions.
#pragma once

#include "schedules/cortex_m.h"

namespace octet::schedules::cortex_m::mve {

/// Whether the schedules below serve that convolution.
bool suits(const generators::Conv2dSpec &spec);

void schedule(generators::Conv2d &kernel, const Conv2dKnobs &knobs);
std::vector<Conv2dKnobs> candidates(generators::Conv2dSpec &spec);

bool suits(const generators::DepthwiseConv2dSpec &spec);
void schedule(generators::DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs);
std::vector<DepthwiseKnobs> candidates(generators::DepthwiseConv2dSpec &spec);

} // namespace octet::schedules::cortex_m::mve
