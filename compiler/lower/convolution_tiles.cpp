// Convolutions on chips that multiply tiles of matrices.
#include "compiler/lower/convolution.h"

namespace octet::lower {

using generators::Conv2dSpec;
using generators::ConvTilesSpec;

namespace {

ConvTilesSpec tiles_of(const Conv2dSpec &spec) {
    ConvTilesSpec tiles;
    tiles.batch = spec.batch;
    tiles.in_h = spec.in_h;
    tiles.in_w = spec.in_w;
    tiles.in_stride_c = spec.in_stride_c;
    tiles.c_in = spec.c_in;
    tiles.c_out = spec.c_out;
    tiles.out_h = spec.out_h;
    tiles.out_w = spec.out_w;
    tiles.out_stride_c = spec.out_stride_c;
    tiles.kernel_h = spec.kernel_h;
    tiles.kernel_w = spec.kernel_w;
    tiles.stride_h = spec.stride_h;
    tiles.stride_w = spec.stride_w;
    tiles.dilation_h = spec.dilation_h;
    tiles.dilation_w = spec.dilation_w;
    tiles.pad_top = spec.pad_top;
    tiles.pad_left = spec.pad_left;
    tiles.in_type = spec.in_type;
    tiles.epilogue = spec.epilogue;
    return tiles;
}

PackedWeights pack(const ConvTilesSpec &spec, std::span<const int8_t> weights) {
    PackedWeights packed{.values = std::vector<int8_t>(size_t(spec.packed_bytes()), 0),
                         .group = 4 * ConvTilesSpec::chunk_words,
                         .lanes = spec.block_n(),
                         .blocks = spec.blocks_n(),
                         .axis = 0,
                         .channels = spec.c_out};
    size_t next = 0;
    for (int channel = 0; channel < spec.c_out; ++channel)
        for (int ky = 0; ky < spec.kernel_h; ++ky)
            for (int kx = 0; kx < spec.kernel_w; ++kx)
                for (int ci = 0; ci < spec.c_in; ++ci)
                    packed.values[size_t(spec.packed_offset(channel, ky, kx, ci))] =
                        weights[next++];
    return packed;
}

} // namespace

bool append_conv2d_tiles(Builder &builder, const Operator &op, const Conv2dSpec &spec, int input,
                         int output, Activation activation, std::span<const int8_t> weights,
                         const Accumulation &accumulation) {
    const bool words = spec.in_stride_c % 4 == 0 && spec.in_type == "s8";
    if (spec.groups != 1 || spec.formulation != generators::ConvFormulation::dot || !words)
        return false;
    ConvTilesSpec tiles = tiles_of(spec);
    const auto knobs = builder.choose(tiles);
    if (!knobs)
        return false;
    PackedWeights packed = pack(tiles, weights);
    append_convolution<generators::ConvTiles, ConvTilesSpec>(
        builder, op,
        {"conv2d_tiles", tiles, *knobs, 1, input, output, activation, std::move(packed)},
        accumulation);
    return true;
}

} // namespace octet::lower
