// Depthwise convolution: each output channel sums the taps of one input channel.
//
//   sum (x - zx) w + b = sum x w + (b - zx sum w)
//
// There is no reduction over channels to feed the chips' dot products. Formulations:
//
//   taps    `group` neighbouring taps of a column are interleaved into adjacent bytes, the missing
//           ones having weight 0:
//             taps(j, c, x, y) = staged(c, x, y + j),  j = 0 .. group - 1
//             acc(c, x, y)     = sum over columns kx, groups g of rows, j:
//                                taps(j, c, x + kx, y + g * group) w
//           One interleaving serves all kernel_w columns of the tile's pixels.
//   planar  one channel after the other: its padded plane is gathered from the channels-last input,
//           and all its weights and constants stay in registers while the plane is read row by row.
//           `block` neighbouring outputs share what they read. Where the chip multiplies two pairs
//           of 16 bits at once (`paired`), a word of the plane holds two columns:
//             words(i, y)     = (plane(2 i, y), plane(2 i + 1, y))
//             sums(p, xo, y)  = sum over rows ky, words i: products of the halves of words(i, y)
//                               with the taps that output xo * block + p has there
//   interleaved  four channels at a time: the rows that `block` rows of the output read are
//           interleaved, so that four rows of one channel and column are adjacent bytes. The taps
//           of an output are then a dot product of 4 x 4 bytes, and more where the kernel is
//           larger; the `block` outputs below one another share the bytes, each with weights
//           (copies of the taps) in its own rows.
#pragma once

#include "generators/numerics.h"

namespace octet::generators {

enum class DepthwiseFormulation { taps, planar, interleaved };
NLOHMANN_JSON_SERIALIZE_ENUM(DepthwiseFormulation,
                             {{DepthwiseFormulation::taps, "taps"},
                              {DepthwiseFormulation::planar, "planar"},
                              {DepthwiseFormulation::interleaved, "interleaved"}})

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
    DepthwiseFormulation formulation = DepthwiseFormulation::taps;
    int group = 4;      ///< taps: those of one dot product
    bool staged = true; ///< the input goes through a padded copy, planar: plane by plane; else
                        ///< padding is chosen where the input is read
    /// Outputs that are computed together: planar of a row, interleaved of a column.
    int block = 1;
    bool paired = false;             ///< planar: words of two s16 values
    std::string staged_type = "s16"; ///< planar: the plane's values unless paired
    /// Bytes of working memory in which the schedule keeps what it needs of the copy; 0: the whole
    /// copy is an output of its own.
    int64_t scratch_bytes = 0;
    EpilogueSpec epilogue;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(DepthwiseConv2dSpec, batch, in_h, in_w, c_in, in_stride_c,
                                   multiplier, out_h, out_w, out_stride_c, kernel_h, kernel_w,
                                   stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left,
                                   in_type, rebias_input, formulation, group, staged, block, paired,
                                   staged_type, scratch_bytes, epilogue)

    /// Whether windows reach beyond the input.
    bool reaches_outside() const;
    /// Groups of taps in one column.
    int groups() const { return (kernel_h + group - 1) / group; }
    /// Extents of the padded copy: (channels, columns, rows, images).
    std::vector<int> staged_extents() const;
    int64_t staged_bytes() const;
    /// Extents of a plane: (values or words of a row, rows).
    std::vector<int> plane_extents() const;
    int64_t plane_bytes() const;
    /// Blocks of outputs in a row.
    int blocks() const { return (out_w + block - 1) / block; }
    /// Extents of the packed weights, innermost first: (group, channels, groups, kernel_w), planar:
    /// (kernel_w, kernel_h, channels), interleaved: (16, block, column_groups, row_groups,
    /// channels).
    std::vector<int> packed_extents() const;
    int64_t packed_offset(int channel, int ky, int kx, int copy = 0) const;
    /// How often a weight occurs in the packed array.
    int packed_copies() const {
        return formulation == DepthwiseFormulation::interleaved ? block : 1;
    }
    /// interleaved: groups of four rows that a tile reads, of four columns that an output reads;
    /// columns of the copy.
    int row_groups() const;
    int column_groups() const;
    int interleaved_columns() const;
    int64_t interleaved_offset(int channel, int ky, int kx, int copy) const;
    int64_t packed_bytes() const;
};

/// Arguments: input, weights, bias s32[channels], pad_value, the epilogue's constants; `scratch`
/// where spec.scratch_bytes, else the output `staged` when spec.staged; output.
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
    Halide::RDom r; ///< taps: (tap in group, group, kx); planar: (ky)

    // The parts of `planar`.
    Halide::Var i{"i"}, p{"p"}, xo{"xo"}; ///< value or word of a row; output in block; block
    Halide::Func plane{"plane"};          ///< (i, y, c, n): one padded channel
    Halide::Func pairs{"pairs"};          ///< (i, ky, c): two weights in a word; only if paired
    Halide::Func words{"words"};          ///< (i, xo, y, c, n): what a block reads of a row
    Halide::Func sums{"sums"};            ///< (p, xo, y, c, n): the accumulators
    // The parts of `interleaved`; its sums are (x, y, c, n).
    Halide::Func interleaved{
        "interleaved"};                ///< (byte, group of rows, tile row, quad of channels, n)
    int pair_words = 0, row_words = 0; ///< extents of i in pairs and words
    /// What does not change within a channel or at all, for registers: the arguments as Funcs.
    std::vector<Halide::Func> invariants;

private:
    void build_taps();
    void build_planar();
    void build_interleaved();
    /// The input at padded coordinates in channel c of the output.
    Halide::Expr padded(const Halide::Expr &c, const Halide::Expr &x, const Halide::Expr &y,
                        const Halide::Expr &n) const;

    Halide::ImageParam input_, weights_, bias_, pad_;
    Halide::Func bounded_{"bounded"}; ///< the input, pad_value outside
};

} // namespace octet::generators
