// The formulation `planar` of depthwise convolution.
#include "generators/depthwise_conv2d.h"

#include <algorithm>
#include <array>

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

namespace {

/// Of a word of the plane: the taps that its two columns have for one output, -1 for none.
using Taps = std::array<int, 2>;

/// How one output's row of taps is multiplied: each product takes a word of the row and a word of
/// weights, whole or one half of each.
struct Product {
    int word = 0, pair = 0;
    bool whole = true;
    int half = 0, pair_half = 0; ///< unless whole
};

/// The products of a block's outputs, and the pairs of weights that they take. A tap without a
/// neighbour in its word takes half of a pair that another output needs anyway, if there is one,
/// so that few words of weights fill the registers.
struct PairedRow {
    explicit PairedRow(const DepthwiseConv2dSpec &spec) {
        std::vector<std::vector<Taps>> taps;
        for (int p = 0; p < spec.block; ++p) {
            taps.emplace_back();
            for (int kx = 0; kx < spec.kernel_w; ++kx) {
                const int column = p * spec.stride_w + kx * spec.dilation_w;
                words = std::max(words, column / 2 + 1);
                taps.back().resize(size_t(words), {-1, -1});
                taps.back()[size_t(column / 2)][size_t(column % 2)] = kx;
            }
        }
        for (const bool whole : {true, false})
            for (const auto &output : taps)
                for (const Taps &word : output)
                    if (whole == (word[0] >= 0 && word[1] >= 0) && (word[0] >= 0 || word[1] >= 0))
                        add_pair(word, whole);
        for (const auto &output : taps) {
            products.emplace_back();
            for (int i = 0; i < int(output.size()); ++i)
                if (const Taps &word = output[size_t(i)]; word[0] >= 0 || word[1] >= 0)
                    products.back().push_back(product(i, word));
        }
    }

    int words = 0; ///< that a block reads of a row
    std::vector<Taps> pairs;
    std::vector<std::vector<Product>> products; ///< by output

private:
    /// Where a tap lies among the pairs: 2 * pair + half, or -1.
    int find(int tap) const {
        for (int i = 0; i < int(2 * pairs.size()); ++i)
            if (pairs[size_t(i / 2)][size_t(i % 2)] == tap)
                return i;
        return -1;
    }

    void add_pair(const Taps &word, bool whole) {
        if (whole ? std::find(pairs.begin(), pairs.end(), word) == pairs.end()
                  : find(std::max(word[0], word[1])) < 0)
            pairs.push_back(whole ? word : Taps{std::max(word[0], word[1]), -1});
    }

    Product product(int i, const Taps &word) const {
        if (word[0] >= 0 && word[1] >= 0)
            return {i, int(std::find(pairs.begin(), pairs.end(), word) - pairs.begin())};
        const int place = find(std::max(word[0], word[1]));
        return {i, place / 2, false, word[0] >= 0 ? 0 : 1, place % 2};
    }
};

/// A function of the family's instructions (targets/cortex_m/instructions.h).
Expr instruction(Type type, const std::string &name, const std::vector<Expr> &arguments) {
    return Internal::Call::make(type, "octet_" + name, arguments, Internal::Call::PureExtern);
}

Expr pack(const Expr &low, const Expr &high) {
    return instruction(UInt(32), "pack_low", {u32(i32(low)), u32(i32(high))});
}

/// acc plus that product.
Expr multiply_add(const Product &product, const Expr &word, const Expr &pair, const Expr &acc) {
    static const char *const names[2][2] = {{"smlabb", "smlabt"}, {"smlatb", "smlatt"}};
    const char *name = product.whole ? "smlad" : names[product.half][product.pair_half];
    return instruction(Int(32), name, {word, pair, acc});
}

} // namespace

std::vector<int> DepthwiseConv2dSpec::plane_extents() const {
    // What the last block reads, whole though the row may end within it.
    const int columns = (blocks() * block - 1) * stride_w + (kernel_w - 1) * dilation_w + 1;
    const int rows = (out_h - 1) * stride_h + (kernel_h - 1) * dilation_h + 1;
    if (!paired)
        return {columns, rows};
    const int words = PairedRow(*this).words, step = block * stride_w / 2;
    // Words are read two at a time.
    return {(blocks() - 1) * step + (words + 1) / 2 * 2, rows};
}

int64_t DepthwiseConv2dSpec::plane_bytes() const {
    const auto extents = plane_extents();
    const int bytes = paired ? 4 : type_from_name(staged_type).bytes();
    return int64_t(extents[0]) * extents[1] * bytes;
}

void DepthwiseConv2d::build_planar() {
    const auto &[c, x, y, n] = v;
    const int step = spec.block * spec.stride_w; // columns from block to block
    r = RDom(0, spec.kernel_h, "r");
    const Expr row = y * spec.stride_h + r * spec.dilation_h;
    sums(p, xo, y, c, n) = bias_(c);

    if (!spec.paired) {
        plane(i, y, c, n) = cast(type_from_name(spec.staged_type), padded(c, i, y, n));
        std::vector<Expr> row_sums;
        for (int output = 0; output < spec.block; ++output) {
            Expr sum = sums(p, xo, y, c, n);
            for (int kx = 0; kx < spec.kernel_w; ++kx) {
                const int column = output * spec.stride_w + kx * spec.dilation_w;
                sum += i32(plane(xo * step + column, row, c, n)) * i32(weights_(kx, r, c));
            }
            row_sums.push_back(sum);
        }
        sums(p, xo, y, c, n) = mux(p, row_sums);
        return;
    }

    const PairedRow paired(spec);
    plane(i, y, c, n) = pack(padded(c, 2 * i, y, n), padded(c, 2 * i + 1, y, n));
    std::vector<Expr> weights;
    for (const Taps &taps : paired.pairs) {
        const auto weight = [&](int kx) { return kx < 0 ? Expr(i8(0)) : weights_(kx, x, c); };
        weights.push_back(pack(weight(taps[0]), weight(taps[1])));
    }
    pairs(i, x, c) = mux(i, weights);
    pair_words = int(weights.size());
    // Two words of a row by one load.
    words(i, xo, y, c, n) =
        instruction(UInt(64), "load_two_words", {plane(xo * (step / 2) + 2 * i, y, c, n)});
    row_words = (paired.words + 1) / 2;
    std::vector<Expr> row_sums;
    for (const auto &products : paired.products) {
        Expr sum = sums(p, xo, y, c, n);
        for (const Product &product : products) {
            const Expr two = words(product.word / 2, xo, row, c, n);
            const Expr word = product.word % 2 ? u32(two >> 32) : u32(two);
            sum = multiply_add(product, word, pairs(product.pair, r, c), sum);
        }
        row_sums.push_back(sum);
    }
    sums(p, xo, y, c, n) = mux(p, row_sums);
}

} // namespace octet::generators
