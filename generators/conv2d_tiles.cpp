#include "generators/conv2d_tiles.h"

#include <numeric>

namespace octet::generators {

using namespace Halide;

Expr TileInstruction::row_of_a(const Expr &lane, const Expr &i) const {
    return lane / 4 + 8 * tile_row_of_a(i);
}
Expr TileInstruction::tile_row_of_a(const Expr &i) const {
    return i % 2;
}
Expr TileInstruction::column_of_b(const Expr &lane) const {
    return lane / 4;
}
Expr TileInstruction::word_of_a(const Expr &i) const {
    return i / 2;
}
Expr TileInstruction::word_of_b(const Expr &i) const {
    return i % 2;
}
Expr TileInstruction::row_of_c(const Expr &lane, const Expr &i) const {
    return lane / 4 + 8 * (i / 2);
}
Expr TileInstruction::column_of_c(const Expr &lane, const Expr &i) const {
    return lane % 4 * 2 + i % 2;
}

const TileInstruction &mma_s8() {
    static const TileInstruction tile{16, 8, 32, 4, 2, 4, "octet_mma_s8"};
    return tile;
}

std::vector<int> ConvTilesSpec::packed_extents() const {
    return {4 * chunk_words, block_n(), chunks(), blocks_n()};
}

int64_t ConvTilesSpec::packed_offset(int channel, int ky, int kx, int ci) const {
    const int element = (ky * kernel_w + kx) * in_stride_c + ci;
    const int bytes = 4 * chunk_words;
    const int64_t run = int64_t(channel / block_n()) * chunks() + element / bytes;
    return (run * block_n() + channel % block_n()) * bytes + element % bytes;
}

int64_t ConvTilesSpec::packed_bytes() const {
    const auto extents = packed_extents();
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

int ConvTilesSpec::store_n() const {
    // Where channels choose between two forms one by one, their vector would be put together across
    // branches.
    int run = epilogue.form == EpilogueForm::mixed ? 2 : thread_n();
    while (run > 1 && (epilogue.channels % run || out_stride_c % run))
        run /= 2;
    return run;
}

ConvTiles::ConvTiles(const ConvTilesSpec &spec) : spec(spec) {
    const TileInstruction &mma = mma_s8();
    const int tap_words = spec.tap_words(), channels = spec.epilogue.channels;
    const int threads = spec.threads();

    ImageParam input =
        signature.input("input", Int(32), {tap_words, spec.in_w, spec.in_h, spec.batch}, {}, 16);
    ImageParam weights = signature.input(
        "weights", Int(32),
        {ConvTilesSpec::chunk_words, spec.block_n(), spec.chunks(), spec.blocks_n()}, {}, 64);
    ImageParam bias = signature.input("bias", Int(32), {channels}, {}, 64);
    ImageParam pad = signature.input("pad_value", Int(32), {4}, {}, 16);
    Epilogue epilogue(spec.epilogue, signature);

    // The operands in chunks of the reduction. Rows beyond the last pixel repeat it, words beyond
    // the last tap repeat that: their outputs are not written, their weights are 0.
    Expr tap = 0, place = 0; // of a word: the tap, and the word of that
    if (tap_words % ConvTilesSpec::chunk_words == 0) {
        const int chunks = tap_words / ConvTilesSpec::chunk_words;
        tap = chunk / chunks;
        place = chunk % chunks * ConvTilesSpec::chunk_words + word;
    } else {
        const Expr element = min(chunk * ConvTilesSpec::chunk_words + word,
                                 spec.kernel_h * spec.kernel_w * tap_words - 1);
        tap = element / tap_words;
        place = element % tap_words;
    }
    const Expr pixel = min(row, spec.rows() - 1);
    const Expr x =
        pixel % spec.out_w * spec.stride_w + tap % spec.kernel_w * spec.dilation_w - spec.pad_left;
    const Expr y = pixel / spec.out_w % spec.out_h * spec.stride_h +
                   tap / spec.kernel_w * spec.dilation_h - spec.pad_top;
    const Expr image = pixel / (spec.out_w * spec.out_h);
    const auto at = [&](const Expr &column, const Expr &line) {
        return input(place, unsafe_promise_clamped(column, 0, spec.in_w - 1),
                     unsafe_promise_clamped(line, 0, spec.in_h - 1),
                     unsafe_promise_clamped(image, 0, spec.batch - 1));
    };
    const bool inside =
        spec.pad_top == 0 && spec.pad_left == 0 &&
        (spec.out_h - 1) * spec.stride_h + (spec.kernel_h - 1) * spec.dilation_h < spec.in_h &&
        (spec.out_w - 1) * spec.stride_w + (spec.kernel_w - 1) * spec.dilation_w < spec.in_w;
    if (inside)
        a(word, row, chunk) = at(x, y);
    else
        a(word, row, chunk) =
            select(x >= 0 && x < spec.in_w && y >= 0 && y < spec.in_h,
                   at(clamp(x, 0, spec.in_w - 1), clamp(y, 0, spec.in_h - 1)), pad(word % 4));
    b(word, row, chunk) =
        weights(word, row % spec.block_n(), chunk,
                unsafe_promise_clamped(row / spec.block_n(), 0, spec.blocks_n() - 1));

    // Where a thread stands: its warp's first row and channel, its lane's places in there.
    const auto lane = [](const Expr &thread) { return thread % 32; };
    const auto first_channel = [&](const Expr &thread, const Expr &block) {
        return block * spec.block_n() + thread / 32 % spec.warps_n * (mma.n * spec.tiles_n);
    };
    // The channel that is column `column` of tile n.
    const auto dealt = [&](const Expr &n, const Expr &column) {
        return column / 2 * spec.thread_n() + n * 2 + column % 2;
    };
    const auto row_tile = [&](const Expr &thread, const Expr &block, const Expr &m) {
        return block * spec.block_m() + (thread / (32 * spec.warps_n) * spec.tiles_m + m) * mma.m;
    };

    first = RDom(0, threads, "first");
    acc(i, tn, tm, bn, bm) = undef<int32_t>();
    acc(i, tn, tm, bn, bm) = bias(
        min(first_channel(first, bn) + dealt(tn, mma.column_of_c(lane(first), i)), channels - 1));

    // Both products of a chunk take 16 neighbouring bytes of a row.
    const Expr words = lane(of) % 4 * 4 + part;
    thread_a(part, tile_row, tile, of, group, chunk) =
        a(words, row_tile(of, group, tile) + lane(of) / 4 + 8 * tile_row, chunk);
    thread_b(part, tile, of, group, chunk) =
        b(words, first_channel(of, group) + dealt(tile, mma.column_of_b(lane(of))), chunk);

    const int products = 4 * ConvTilesSpec::chunk_words / mma.k;
    product = RDom(0, products, 0, threads, 0, spec.chunks(), "product");
    const Expr step = product[0], thread = product[1];
    const Expr value_a =
        thread_a(step * 2 + mma.word_of_a(i), mma.tile_row_of_a(i), tm, thread, bm, product[2]);
    const Expr value_b = thread_b(step * 2 + mma.word_of_b(i), tn, thread, bn, product[2]);
    acc(i, tn, tm, bn, bm) =
        Internal::Call::make(Int(32), mma.function, {value_a, value_b, acc(i, tn, tm, bn, bm)},
                             Internal::Call::PureExtern);

    const int run = spec.store_n();
    fragment = RDom(0, run, 0, spec.thread_n() / run, 0, mma.c / 2, 0, spec.tiles_m, 0, threads, 0,
                    spec.blocks_n(), 0, spec.blocks_m(), "fragment");
    const Expr owner = fragment[4], column = fragment[0] + fragment[1] * run;
    const Expr first_stored =
        first_channel(owner, fragment[5]) + lane(owner) % 4 * spec.thread_n() + fragment[1] * run;
    const Expr c = unsafe_promise_clamped(first_stored + fragment[0], 0, channels - 1);
    const Expr out_row =
        row_tile(owner, fragment[6], fragment[3]) + lane(owner) / 4 + 8 * fragment[2];
    fragment.where(out_row < spec.rows() && first_stored < channels);
    Var oc("oc"), op("op");
    output(oc, op) = undef(type_from_name(spec.epilogue.out_type));
    output(c, unsafe_promise_clamped(out_row, 0, spec.rows() - 1)) = epilogue(
        acc(fragment[2] * 2 + column % 2, column / 2, fragment[3], fragment[5], fragment[6]), c);
    bound_output(output, {channels, spec.rows()}, {1, spec.out_stride_c});
    signature.outputs.push_back(output);
}

} // namespace octet::generators
