// Two-dimensional convolution, also pointwise (1x1) and fully connected (1x1 on one row of pixels).
//
//   sum (x - zx) w + b  =  sum x w  +  (b - zx sum w)
//                          acc         bias, folded when the weights are packed
//
// Weights are symmetric; lowering refuses others.
// Padding enters as zx, in a staged copy of the input or, in `dot` without one, by a choice at each
// access. The reduction is grouped by `group` channels, the shape of the chips' dot products.
// Formulations of the same sum:
//
//   dot      groups of channels at one tap: activations need stride_c to be a multiple of group
//   row_dot  groups along the flattened (tap column, channel) row, in_stride_c elements a column:
//            one run per row of taps, whatever the number of channels
//   column_dot  groups along all taps, (tap column, tap row, channel): one run per pixel, from a
//            copy in which the rows of a window lie interleaved; for long dot products
#pragma once

#include "generators/numerics.h"

namespace octet::generators {

enum class ConvFormulation { dot, row_dot, column_dot };
NLOHMANN_JSON_SERIALIZE_ENUM(ConvFormulation, {{ConvFormulation::dot, "dot"},
                                               {ConvFormulation::row_dot, "row_dot"},
                                               {ConvFormulation::column_dot, "column_dot"}})

struct Conv2dSpec {
    int batch = 1;
    int in_h = 1, in_w = 1, c_in = 1, in_stride_c = 1; ///< c_in: input channels of one group
    int groups = 1, c_out = 1;                         ///< c_out: output channels of all groups
    int out_h = 1, out_w = 1, out_stride_c = 1;        ///< epilogue.channels outputs are written
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
    int pad_top = 0, pad_left = 0;
    std::string in_type = "u8"; ///< as it lies in memory
    bool rebias_input = false;  ///< s8 input of a u8 kernel: 128 is added while staging
    ConvFormulation formulation = ConvFormulation::dot;
    int group = 4;       ///< reduction elements per dot product
    int lanes = 16;      ///< output channels per vector of packed weights
    bool staged = false; ///< the input goes through a padded copy
    /// The copy's type, "s16" where products of 16 bits are what the chip has; empty: as in memory.
    std::string staged_type;
    /// Elements of the flattened rows that are left free before their padding, so that the input
    /// begins where vectors begin.
    int staged_lead = 0;
    /// Bytes of working memory in which the schedule keeps what it needs of the copy; 0: the whole
    /// copy is an output of its own.
    int64_t scratch_bytes = 0;
    /// Groups of four weights are packed as 0, 2, 1, 3: what widening even and odd bytes separately
    /// brings into order.
    bool even_odd = false;
    EpilogueSpec epilogue;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Conv2dSpec, batch, in_h, in_w, c_in, in_stride_c, groups, c_out,
                                   out_h, out_w, out_stride_c, kernel_h, kernel_w, stride_h,
                                   stride_w, dilation_h, dilation_w, pad_top, pad_left, in_type,
                                   rebias_input, formulation, group, lanes, staged, staged_type,
                                   staged_lead, scratch_bytes, even_odd, epilogue)

    /// Whether windows reach beyond the input.
    bool reaches_outside() const;
    /// Dot products in one run: over channels (dot), tap columns and channels (row_dot), all taps
    /// (column_dot).
    int dots() const;
    /// Extents of the staged copy: (channels, columns, rows, images) for dot, (columns * channels,
    /// rows, images) for row_dot, (columns * kernel_h * channels, output rows, images) for
    /// column_dot. Its size in elements is their product.
    std::vector<int> staged_extents() const;
    int64_t staged_bytes() const;
    /// Extents of the packed weights, innermost first:
    ///   dot      (group, lanes, dots, kernel_w, kernel_h, channels / lanes)
    ///   row_dot  (group, lanes, dots, kernel_h, channels / lanes)
    ///   column_dot  (group, lanes, dots, channels / lanes)
    std::vector<int> packed_extents() const;
    /// Offset of weight (channel, ky, kx, ci) in the packed array; unused places hold 0.
    int64_t packed_offset(int channel, int ky, int kx, int ci) const;
    int64_t packed_bytes() const;
    /// Elements of one column of the flattened rows.
    int row_stride() const { return in_stride_c; }
    /// The same of column_dot's copy.
    int column_stride() const { return kernel_h * c_in; }
};

/// The algorithm's named parts. Arguments: input, weights, bias s32[channels], pad_value, the
/// epilogue's constants; `scratch` where spec.scratch_bytes, else the output `staged` when
/// spec.staged; output u8 or s8.
struct Conv2d {
    explicit Conv2d(const Conv2dSpec &spec);

    Conv2dSpec spec;
    Signature signature;
    Vars v;
    Halide::Func staged{"staged"}; ///< padded (and re-biased) input; inlined unless spec.staged
    Halide::Func acc{"acc"};       ///< accumulators
    Halide::Func output{"output"};
    /// dot: (in dot, dot, kx, ky); row_dot: (in dot, dot, ky); column_dot: (in dot, dot); where
    /// even_odd, the place in the dot is two variables: in the pair, pair.
    Halide::RDom r;
    int r_dot = 1; ///< the number of `dot` among r's variables; those before it lie in the dot
};

} // namespace octet::generators
