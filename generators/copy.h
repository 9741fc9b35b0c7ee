// Copies between layouts: transpose, pad, slice, re-bias int8 to uint8 (x + 128), add or drop the
// padding of channels. All are one strided copy:
//
//   output(i0, i1, ...) = input(i0 step0 - before0, i1 step1 - before1, ...), pad_value outside
#pragma once

#include "generators/pointwise.h"

namespace octet::generators {

struct CopySpec {
    std::string type = "u8";
    std::vector<int> extents;     ///< of the output, innermost first
    std::vector<int> out_strides; ///< elements; the innermost is 1
    std::vector<int> in_extents, in_strides, before;
    std::vector<int> steps; ///< empty: all 1
    bool padded = false;    ///< the output reaches beyond the input
    bool rebias = false;    ///< 128 is added to (equally, subtracted from) each 8-bit element
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(CopySpec, type, extents, out_strides, in_extents, in_strides,
                                   before, steps, padded, rebias)
};

/// Arguments: input, pad_value (when padded); output.
Pointwise copy(const CopySpec &spec);

/// Channels (row, column, c) of stride_h x stride_w times `channels` become rows and columns side
/// by side: output (c, x, y) is channel (y mod stride_h, x mod stride_w, c) of the input's pixel (x
/// / stride_w, y / stride_h). Bytes of any meaning.
struct DepthToSpaceSpec {
    int channels = 1, out_w = 1, out_h = 1, batch = 1;
    int stride_h = 1, stride_w = 1;
    int in_stride_c = 1, out_stride_c = 1; ///< from one pixel to the next
    bool rebias = false;                   ///< as in CopySpec
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DepthToSpaceSpec, channels, out_w, out_h, batch, stride_h,
                                   stride_w, in_stride_c, out_stride_c, rebias)
};

/// Arguments: input; output.
Pointwise depth_to_space(const DepthToSpaceSpec &spec);

/// Concatenation along dimension `axis` (innermost is 0): inputs input0, input1, ... of `sizes`.
struct ConcatenationSpec {
    std::string type = "u8";
    std::vector<int> extents, out_strides;
    int axis = 0;
    std::vector<int> sizes;                   ///< extent of each input along the axis
    std::vector<std::vector<int>> in_strides; ///< of each input
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(ConcatenationSpec, type, extents, out_strides, axis, sizes,
                                   in_strides)
};

Pointwise concatenation(const ConcatenationSpec &spec);

} // namespace octet::generators
