#include "generators/depthwise_conv2d.h"

#include <numeric>

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

std::vector<int> DepthwiseConv2dSpec::staged_extents() const {
    return {epilogue.channels, (out_w - 1) * stride_w + (kernel_w - 1) * dilation_w + 1,
            (out_h - 1) * stride_h + (kernel_h - 1) * dilation_h + 1, batch};
}

int64_t DepthwiseConv2dSpec::staged_bytes() const {
    const auto extents = staged_extents();
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

std::vector<int> DepthwiseConv2dSpec::packed_extents() const {
    return {group, epilogue.channels, groups(), kernel_w};
}

int64_t DepthwiseConv2dSpec::packed_offset(int channel, int ky, int kx) const {
    const int64_t vector = int64_t(kx) * groups() + ky / group;
    return (vector * epilogue.channels + channel) * group + ky % group;
}

int64_t DepthwiseConv2dSpec::packed_bytes() const {
    return int64_t(group) * epilogue.channels * groups() * kernel_w;
}

DepthwiseConv2d::DepthwiseConv2d(const DepthwiseConv2dSpec &spec) : spec(spec) {
    const Type in_type = type_from_name(spec.in_type);
    const int channels = spec.epilogue.channels;
    const auto &[c, x, y, n] = v;

    ImageParam input = signature.input(
        "input", in_type, {spec.staged ? spec.c_in : channels, spec.in_w, spec.in_h, spec.batch},
        {1, spec.in_stride_c});
    ImageParam weights = signature.input("weights", Int(8), spec.packed_extents(), {}, 64);
    ImageParam bias = signature.input("bias", Int(32), {channels}, {}, 64);
    ImageParam pad = signature.input("pad_value", in_type, {1});
    Epilogue epilogue(spec.epilogue, signature);

    const auto rebias = [&](const Expr &value) {
        return spec.rebias_input ? reinterpret<uint8_t>(value) ^ u8(0x80) : value;
    };
    if (spec.staged) {
        Func bounded = BoundaryConditions::constant_exterior(
            input, pad(0), {{Expr(), Expr()}, {0, spec.in_w}, {0, spec.in_h}, {Expr(), Expr()}});
        const Expr channel = spec.multiplier == 1 && spec.c_in == channels
                                 ? Expr(c)
                                 : min(c / spec.multiplier, spec.c_in - 1);
        staged(c, x, y, n) = rebias(bounded(channel, x - spec.pad_left, y - spec.pad_top, n));
    } else {
        staged(c, x, y, n) = rebias(input(c, x, y, n));
    }

    // Taps beyond the kernel repeat its last row, so that nothing outside the copy is read; their
    // weights are 0. y counts output rows.
    taps(j, c, x, y, n) =
        staged(c, x, y * spec.stride_h + min(j, spec.kernel_h - 1) * spec.dilation_h, n);

    r = RDom(0, spec.group, 0, spec.groups(), 0, spec.kernel_w, "r");
    acc(c, x, y, n) = bias(c);
    acc(c, x, y, n) +=
        i32(taps(r[0] + spec.group * r[1], c, x * spec.stride_w + r[2] * spec.dilation_w, y, n)) *
        i32(weights(r[0], c, r[1], r[2]));
    output(c, x, y, n) = epilogue(acc(c, x, y, n), c);

    if (spec.staged) {
        bound_output(staged, spec.staged_extents());
        signature.outputs.push_back(staged);
    }
    bound_output(output, {channels, spec.out_w, spec.out_h, spec.batch}, {1, spec.out_stride_c});
    signature.outputs.push_back(output);
}

} // namespace octet::generators
