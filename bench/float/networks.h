// Networks with random weights in float, as large as well-known ones.
#pragma once

#include "compiler/graph/graph.h"

namespace octet {

/// MobileNetV2 of width 1 for one image of 224 x 224: 300 million multiply-accumulates.
Graph mobilenet_v2();

} // namespace octet
