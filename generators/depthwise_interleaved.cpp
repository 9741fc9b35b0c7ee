// The formulation `interleaved` of depthwise convolution.
#include "generators/depthwise_conv2d.h"

#include <fmt/format.h>

#include <algorithm>

namespace octet::generators {

using namespace Halide;

int DepthwiseConv2dSpec::row_groups() const {
    return ((block - 1) * stride_h + (kernel_h - 1) * dilation_h) / 4 + 1;
}

int DepthwiseConv2dSpec::column_groups() const {
    return (kernel_w + 3) / 4;
}

int DepthwiseConv2dSpec::interleaved_columns() const {
    // Four outputs are computed even where a row has fewer; four columns are copied at once.
    const int reach =
        (std::max(out_w, 4) - 1) * stride_w + (4 * column_groups() - 1) * dilation_w + 1;
    return std::max(reach, pad_left + (in_w + 3) / 4 * 4);
}

int64_t DepthwiseConv2dSpec::interleaved_offset(int channel, int ky, int kx, int copy) const {
    const int row = copy * stride_h + ky * dilation_h;
    const int64_t group = (int64_t(channel) * row_groups() + row / 4) * column_groups() + kx / 4;
    return (group * block + copy) * 16 + kx % 4 * 4 + row % 4;
}

void DepthwiseConv2d::build_interleaved() {
    const auto &[c, x, y, n] = v;
    const int column = 16; // bytes: four channels of four rows
    const int columns = spec.interleaved_columns();
    const auto instruction = [](Type type, const std::string &name, const std::vector<Expr> &args) {
        return Internal::Call::make(type, "octet_" + name, args, Internal::Call::PureExtern);
    };
    // One call fills a group of four rows; xo counts the groups of a tile, p its bytes.
    const int row_bytes = spec.in_w * spec.in_stride_c;
    interleaved(p, xo, y, c, n) =
        instruction(Int(8),
                    fmt::format("interleave_rows<{}, {}, {}, {}, {}, {}>", spec.in_h, spec.in_w,
                                spec.in_stride_c, row_bytes, spec.pad_left, columns),
                    {input_(4 * c, 0, 0, n),
                     y * (spec.block * spec.stride_h) + 4 * xo - spec.pad_top, pad_(0)});

    Expr sum = bias_(c);
    for (int rows = 0; rows < spec.row_groups(); ++rows)
        for (int taps = 0; taps < spec.column_groups(); ++taps) {
            const Expr first =
                (x * spec.stride_w + 4 * taps * spec.dilation_w) * column + c % 4 * 4;
            sum += instruction(Int(32), fmt::format("dot4x4_s8<{}>", column * spec.dilation_w),
                               {interleaved(first, rows, y / spec.block, c / 4, n),
                                weights_(0, y % spec.block, taps, rows, c)});
        }
    sums(x, y, c, n) = sum;
}

} // namespace octet::generators
