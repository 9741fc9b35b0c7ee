// Depthwise convolution: each output channel sums the taps of one input channel.
//
//   sum (x - zx) w + b = sum x w + (b - zx sum w)
//
// There is no reduction over channels to feed the chips' dot products, so `group` neighbouring taps
// of one column are interleaved into adjacent bytes (taps), the missing ones having weight 0:
//
//   taps(j, c, x, y) = staged(c, x, y + j),  j = 0 .. group - 1
//   acc(c, x, y)     = sum over columns kx, groups g of rows, j:  taps(j, c, x + kx, y + g * group)
//   w
//
// One interleaving serves all kernel_w columns of the tile's pixels.
#pragma once

#include "generators/numerics.h"

namespace octet::generators {

struct DepthwiseConv2dSpec {
    int batch = 1;
    int in_h = 1, in_w = 1, c_in = 1, in_stride_c = 1;
    int multiplier = 1; ///< output channel c reads input channel c / multiplier
    int out_h = 1, out_w = 1, out_stride_c = 1; ///< epilogue.channels outputs are written
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
    int pad_top = 0, pad_left = 0;
    std::string in_type = "u8"; ///< as it lies in memory
    bool rebias_input = false;  ///< s8 input of a u8 kernel: 128 is added on reading
    int group = 4;              ///< taps per dot product
    bool staged = true;         ///< the input goes through a padded copy
    EpilogueSpec epilogue;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DepthwiseConv2dSpec, batch, in_h, in_w, c_in, in_stride_c,
                                   multiplier, out_h, out_w, out_stride_c, kernel_h, kernel_w,
                                   stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left,
                                   in_type, rebias_input, group, staged, epilogue)

    /// Groups of taps in one column.
    int groups() const { return (kernel_h + group - 1) / group; }
    /// Extents of the padded copy: (channels, columns, rows, images).
    std::vector<int> staged_extents() const;
    int64_t staged_bytes() const;
    /// Extents of the packed weights, innermost first: (group, channels, groups, kernel_w).
    std::vector<int> packed_extents() const;
    int64_t packed_offset(int channel, int ky, int kx) const;
    int64_t packed_bytes() const;
};

/// Arguments: input, weights, bias s32[channels], pad_value, the epilogue's constants; scratch
/// `staged` when spec.staged; output.
struct DepthwiseConv2d {
    explicit DepthwiseConv2d(const DepthwiseConv2dSpec &spec);

    DepthwiseConv2dSpec spec;
    Signature signature;
    Vars v;
    Halide::Var j{"j"};
    Halide::Func staged{"staged"}; ///< padded input; inlined unless spec.staged
    Halide::Func taps{"taps"};     ///< interleaved rows
    Halide::Func acc{"acc"};
    Halide::Func output{"output"};
    Halide::RDom r; ///< (tap in group, group, kx)
};

} // namespace octet::generators
