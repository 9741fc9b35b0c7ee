// Schedules of the gpu family: grids of blocks of threads, for CUDA and Vulkan.
//
// Every launch has one dimension of blocks and one of threads: the Func's loops become one, cut
// into blocks. A thread computes a few neighbouring channels, so that neighbouring threads read and
// write neighbouring words.
#pragma once

#include "generators/conv2d.h"
#include "generators/conv2d_tiles.h"
#include "generators/decode_weights.h"
#include "generators/depthwise_conv2d.h"
#include "generators/pointwise.h"
#include "schedules/family.h"

namespace octet::schedules::gpu {

struct Conv2dKnobs {
    int tile_c = 1; ///< words of `lanes` output channels per thread
    int tile_x = 1; ///< output pixels per thread
    int threads = 128;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Conv2dKnobs, tile_c, tile_x, threads)
};

/// Tiles are part of the specification, because weights are packed for them.
struct ConvTilesKnobs {
    int stages = 1; ///< chunks of the operands that are under way or in use at once
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(ConvTilesKnobs, stages)
};

struct DepthwiseKnobs {
    int tile_c = 4; ///< output channels per thread
    int tile_x = 1; ///< output pixels per thread
    int threads = 128;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DepthwiseKnobs, tile_c, tile_x, threads)
};

struct PointwiseKnobs {
    int vector = 4; ///< elements per thread
    int threads = 256;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(PointwiseKnobs, vector, threads)
};

struct DecodeWeightsKnobs {
    int threads = 256;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DecodeWeightsKnobs, threads)
};

void schedule(generators::Conv2d &kernel, const Conv2dKnobs &knobs);
void schedule(generators::ConvTiles &kernel, const ConvTilesKnobs &knobs);
void schedule(generators::DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs);
void schedule(generators::Pointwise &kernel, const PointwiseKnobs &knobs);
void schedule(generators::DecodeWeights &kernel, const DecodeWeightsKnobs &knobs);

/// Cards read aligned words: few channels are padded to a word instead.
inline bool prefers_rows(int /*channels*/) {
    return false;
}

/// Knobs worth trying for a layer, best first; the specification's group and lanes are set as well.
std::vector<Conv2dKnobs> candidates(generators::Conv2dSpec &spec, const Capabilities &chip);
/// Sets the tiles; empty where the card has no tile instruction or the layer is too small for it.
std::vector<ConvTilesKnobs> candidates(generators::ConvTilesSpec &spec, const Capabilities &chip);
std::vector<DepthwiseKnobs> candidates(generators::DepthwiseConv2dSpec &spec,
                                       const Capabilities &chip);
PointwiseKnobs choose(const generators::PointwiseShape &shape, const Capabilities &chip);
/// Cuts the array into parts as well.
DecodeWeightsKnobs choose(generators::DecodeWeightsSpec &spec, const Capabilities &chip);

} // namespace octet::schedules::gpu
