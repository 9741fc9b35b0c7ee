// Resizing of height and width: each output row and column takes one input row and column (nearest)
// or two neighbours of each with a share (bilinear). Which ones are arguments, so that the kernel
// is the same for every rule of placing pixels.
//
// Interpolation is of stored values with shares in 2^-10, and rounds the sum, in 2^-20, once; ties
// go away from zero as the network stores it, or to even.
#pragma once

#include "generators/pointwise.h"

namespace octet::generators {

struct ResizeSpec {
    bool bilinear = false;
    std::string type = "u8"; ///< of both sides, as stored; nearest: bytes of any meaning, or f32
    bool half_even = false;  ///< bilinear
    /// 128 lies between stored values and the network's: bilinear, so that ties know the sign.
    bool rebiased = false;
    int channels = 1, in_w = 1, in_h = 1, out_w = 1, out_h = 1, batch = 1;
    std::vector<int> in_strides, out_strides; ///< of channels, columns, rows, images
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(ResizeSpec, bilinear, type, half_even, rebiased, channels, in_w,
                                   in_h, out_w, out_h, batch, in_strides, out_strides)
};

/// Arguments: input; nearest: columns s32[out_w], rows s32[out_h]; bilinear: columns s32[3, out_w],
/// rows s32[3, out_h], each the first place, the second and the second's share; output.
Pointwise resize(const ResizeSpec &spec);

} // namespace octet::generators
