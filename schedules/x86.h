// Schedules of the x86 family: AVX2 and AVX-512 with VNNI.
//
// Everything is decided by a plain struct of knobs and the capabilities of the target; the
// algorithm comes from the generator. The innermost tile of a convolution holds tile_x pixels times
// tile_c vectors of output channels in registers, so that each broadcast activation serves tile_c
// dot products and each vector of weights serves tile_x.
//
// Layers of more than a few microseconds are split into tasks, strips of rows of the same share of
// the image in every layer, so that a thread finds the rows that it wrote itself; layers with more
// weights than activations are split by output channels. The thread pool decides at run time who
// runs the tasks; with one thread they are a loop.
#pragma once

#include "generators/conv2d.h"
#include "generators/decode_weights.h"
#include "generators/depthwise_conv2d.h"
#include "generators/pointwise.h"
#include "schedules/family.h"

namespace octet::schedules::x86 {

struct Conv2dKnobs {
    int tile_x = 6;             ///< output pixels per tile
    int tile_c = 4;             ///< vectors of `lanes` output channels per tile
    int store_vector = 32;      ///< output bytes per store
    bool channels_outer = true; ///< one block of weights stays in cache while all pixels pass
    int unroll_groups = 1;      ///< reduction groups per loop iteration; 0: all
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Conv2dKnobs, tile_x, tile_c, store_vector, channels_outer,
                                   unroll_groups)
};

struct DepthwiseKnobs {
    int tile_x = 4;  ///< output pixels per tile
    int tile_c = 16; ///< output channels per tile
    bool channels_outer = false;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DepthwiseKnobs, tile_x, tile_c, channels_outer)
};

struct PointwiseKnobs {
    int vector = 64; ///< elements per vector of the output
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(PointwiseKnobs, vector)
};

struct DecodeWeightsKnobs {
    int vector = 64; ///< bytes per vector
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DecodeWeightsKnobs, vector)
};

void schedule(generators::Conv2d &kernel, const Conv2dKnobs &knobs);
void schedule(generators::DepthwiseConv2d &kernel, const DepthwiseKnobs &knobs);
void schedule(generators::Pointwise &kernel, const PointwiseKnobs &knobs);
void schedule(generators::DecodeWeights &kernel, const DecodeWeightsKnobs &knobs);

/// Few channels lie dense; their rows are read whole.
inline bool prefers_rows(int channels) {
    return channels < 16;
}

/// Knobs worth trying for a layer, best first; the specification's group and lanes are set as well.
std::vector<Conv2dKnobs> candidates(generators::Conv2dSpec &spec, const Capabilities &chip);
std::vector<DepthwiseKnobs> candidates(generators::DepthwiseConv2dSpec &spec,
                                       const Capabilities &chip);
PointwiseKnobs choose(const generators::PointwiseShape &shape, const Capabilities &chip);
/// Cuts the array into parts as well.
DecodeWeightsKnobs choose(generators::DecodeWeightsSpec &spec, const Capabilities &chip);

} // namespace octet::schedules::x86
