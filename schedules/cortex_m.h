// Schedules for Arm Cortex-M: no vectors of 32-bit lanes to speak of, but few registers and, from
// case to case, instructions that multiply several 8-bit values into one accumulator.
//
// The chip's `dot_lanes` selects the way:
//   1 (or 0)  scalar multiply-accumulate (Cortex-M0+, M3)
//   4         pairs of 16-bit products, SMLAD (Cortex-M4, M7, M33)
//   16        sixteen 8-bit products, VMLADAVA (Cortex-M55, M85)
//
// A convolution keeps tile_x times tile_c accumulators in registers; each weight that is loaded
// (and widened) serves tile_x pixels, each activation tile_c output channels.
#pragma once

#include "generators/conv2d.h"
#include "generators/decode_weights.h"
#include "generators/depthwise_conv2d.h"
#include "generators/pointwise.h"
#include "schedules/family.h"

namespace octet::schedules::cortex_m {

struct Conv2dKnobs {
    int tile_x = 4;        ///< output pixels per tile
    int tile_c = 1;        ///< blocks of spec.lanes output channels per tile
    int unroll_groups = 1; ///< reduction groups per loop iteration
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Conv2dKnobs, tile_x, tile_c, unroll_groups)
};

struct DepthwiseKnobs {
    int tile_x = 2; ///< output pixels per tile
    int tile_c = 1; ///< output channels per tile
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DepthwiseKnobs, tile_x, tile_c)
};

struct PointwiseKnobs {
    int vector = 1; ///< elements per vector of the output
    int unroll = 1; ///< elements per iteration of the innermost loop, or channels of a window
    int window = 1; ///< columns of a window per iteration
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(PointwiseKnobs, vector, unroll, window)
};

struct DecodeWeightsKnobs {
    int vector = 1; ///< words per vector
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DecodeWeightsKnobs, vector)
};

void schedule(generators::Conv2d &kernel, const Conv2dKnobs &knobs);
void schedule(generators::DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs);
void schedule(generators::Pointwise &kernel, const PointwiseKnobs &knobs);
void schedule(generators::DecodeWeights &kernel, const DecodeWeightsKnobs &knobs);

/// A run over columns and channels is one loop.
inline bool prefers_rows(int) {
    return true;
}

/// Knobs worth trying for a layer, best first; the specification's formulation and packing are set
/// as well.
std::vector<Conv2dKnobs> candidates(generators::Conv2dSpec &spec, const Capabilities &chip);
std::vector<DepthwiseKnobs> candidates(generators::DepthwiseConv2dSpec &spec,
                                       const Capabilities &chip);
PointwiseKnobs choose(const generators::PointwiseShape &shape, const Capabilities &chip);
/// Cuts the array into parts as well.
DecodeWeightsKnobs choose(generators::DecodeWeightsSpec &spec, const Capabilities &chip);

} // namespace octet::schedules::cortex_m
