// The layers that are timed alone on a card: the shapes of ResNet-50 and MobileNetV2, for one
// image.
#pragma once

#include "compiler/graph/graph.h"

#include <cstdint>
#include <string>
#include <vector>

namespace octet::bench {

/// A matrix product [m, k] x [k, n]; m counts the rows of one image. No rows: the layer is none.
struct MatrixProduct {
    int64_t m = 0, n = 0, k = 0;
};

struct Layer {
    Graph graph; ///< one int8 operator with random weights
    MatrixProduct product;
};

/// All layers, or those whose names contain one of `only`.
std::vector<Layer> layers(const std::vector<std::string> &only);

} // namespace octet::bench
