// Convolution as a product of matrices in tiles of a tile instruction, for tensor cores.
//
// Rows are output pixels of all images, columns output channels, and the reduction runs over taps
// and channels in words of four bytes (implicit GEMM: no matrix of windows exists in memory). A
// block of threads computes block_m x block_n outputs: chunk after chunk of 64 bytes of the
// reduction goes to shared memory, from which each warp reads fragments and multiplies them.
//
// A fragment's registers lie in the warp's 32 threads as the instruction wants them
// (TileInstruction). Which 32 of a chunk's bytes a product takes does not matter as long as both
// operands take the same: thread q of each group of four takes bytes 16 q to 16 q + 15 of a row, so
// that all its registers of two products are one load of 128 bits, and eight threads read 128
// neighbouring bytes, without a conflict between banks.
//
// Which channels the columns of a tile are does not matter either: they are dealt so that each
// thread ends up with neighbouring channels of its tiles, which it stores together, and four
// threads with a whole sector of 32 bytes.
#pragma once

#include "generators/numerics.h"

namespace octet::generators {

/// An instruction by which a warp multiplies an m x k by a k x n matrix of bytes into int32: how
/// its operands' registers, words of four bytes along k, map to rows and columns.
struct TileInstruction {
    int m, n, k;          ///< rows, columns, bytes of the reduction
    int a, b, c;          ///< registers of a thread for the operands and the accumulators
    std::string function; ///< in the device's module: (a, b, c) to c, vectors of c words

    /// The row of A and the column of B that a thread's register holds a word of.
    Halide::Expr row_of_a(const Halide::Expr &lane, const Halide::Expr &i) const;
    /// Which of the thread's two rows of A that is.
    Halide::Expr tile_row_of_a(const Halide::Expr &i) const;
    Halide::Expr column_of_b(const Halide::Expr &lane) const;
    /// Which of the product's words along k, counted within the thread: 0 or 1.
    Halide::Expr word_of_a(const Halide::Expr &i) const;
    Halide::Expr word_of_b(const Halide::Expr &i) const;
    Halide::Expr row_of_c(const Halide::Expr &lane, const Halide::Expr &i) const;
    Halide::Expr column_of_c(const Halide::Expr &lane, const Halide::Expr &i) const;
};

/// mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 (PTX ISA, "Matrix Fragments for mma.m16n8k32").
const TileInstruction &mma_s8();

struct ConvTilesSpec {
    int batch = 1;
    int in_h = 1, in_w = 1, in_stride_c = 4; ///< a multiple of 4
    int c_in = 1, c_out = 1;
    int out_h = 1, out_w = 1, out_stride_c = 1; ///< epilogue.channels outputs are written
    int kernel_h = 1, kernel_w = 1;
    int stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
    int pad_top = 0, pad_left = 0;
    std::string in_type = "s8";
    int tiles_m = 4, tiles_n = 4; ///< of a warp
    int warps_m = 2, warps_n = 2; ///< of a block
    EpilogueSpec epilogue;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(ConvTilesSpec, batch, in_h, in_w, in_stride_c, c_in, c_out,
                                   out_h, out_w, out_stride_c, kernel_h, kernel_w, stride_h,
                                   stride_w, dilation_h, dilation_w, pad_top, pad_left, in_type,
                                   tiles_m, tiles_n, warps_m, warps_n, epilogue)

    static constexpr int chunk_words = 16;
    int rows() const { return batch * out_h * out_w; }
    int block_m() const { return 16 * tiles_m * warps_m; }
    int block_n() const { return 8 * tiles_n * warps_n; }
    int threads() const { return 32 * warps_m * warps_n; }
    int blocks_m() const { return (rows() + block_m() - 1) / block_m(); }
    int blocks_n() const { return (epilogue.channels + block_n() - 1) / block_n(); }
    /// Neighbouring outputs that a thread has of a row, and how many of them it stores at once.
    int thread_n() const { return 2 * tiles_n; }
    int store_n() const;
    /// Words of one tap, and chunks of all.
    int tap_words() const { return in_stride_c / 4; }
    int chunks() const {
        return (kernel_h * kernel_w * tap_words() + chunk_words - 1) / chunk_words;
    }
    /// Extents of the packed weights: (bytes of a chunk, block_n, chunks, blocks_n).
    std::vector<int> packed_extents() const;
    int64_t packed_offset(int channel, int ky, int kx, int ci) const;
    int64_t packed_bytes() const;

    // A convolution has no copy of its input here.
    static constexpr bool staged = false;
    static constexpr int64_t scratch_bytes = 0;
    static int64_t staged_bytes() { return 0; }
};

/// Arguments: input s32 words, weights s32 words, bias s32[channels], pad_value (16 equal bytes, as
/// words), the epilogue's constants; output.
struct ConvTiles {
    explicit ConvTiles(const ConvTilesSpec &spec);

    ConvTilesSpec spec;
    Signature signature;
    Halide::Var word{"word"}, row{"row"}, chunk{"chunk"};
    Halide::Func a{"a"}, b{"b"}; ///< (word, row, chunk): what a block needs of the operands
    /// (word, row of the thread in a tile, tile, thread, block, chunk): what a thread multiplies.
    Halide::Var part{"part"}, tile_row{"tile_row"}, tile{"tile"}, of{"of"}, group{"group"};
    Halide::Func thread_a{"thread_a"}, thread_b{"thread_b"};
    /// (register, tile n, tile m, block n, block m): a thread's accumulators.
    Halide::Var i{"i"}, tn{"tn"}, tm{"tm"}, bn{"bn"}, bm{"bm"};
    Halide::Func acc{"acc"};
    Halide::Func output{"output"}; ///< (channel, pixel)
    Halide::RDom first;            ///< of acc's first update: (thread)
    Halide::RDom product;          ///< of its second: (product in the chunk, thread, chunk)
    /// Of output's update: (channel of a store, store, row of the thread in a tile, tile m, thread,
    /// block n, block m).
    Halide::RDom fragment;
};

} // namespace octet::generators
