#include "generators/depthwise_conv2d.h"

#include <numeric>

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

bool DepthwiseConv2dSpec::reaches_outside() const {
    return pad_top > 0 || pad_left > 0 ||
           (out_h - 1) * stride_h + (kernel_h - 1) * dilation_h >= in_h ||
           (out_w - 1) * stride_w + (kernel_w - 1) * dilation_w >= in_w;
}

std::vector<int> DepthwiseConv2dSpec::staged_extents() const {
    return {epilogue.channels, (out_w - 1) * stride_w + (kernel_w - 1) * dilation_w + 1,
            (out_h - 1) * stride_h + (kernel_h - 1) * dilation_h + 1, batch};
}

int64_t DepthwiseConv2dSpec::staged_bytes() const {
    const auto extents = staged_extents();
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

std::vector<int> DepthwiseConv2dSpec::packed_extents() const {
    if (formulation == DepthwiseFormulation::planar)
        return {kernel_w, kernel_h, epilogue.channels};
    if (formulation == DepthwiseFormulation::interleaved)
        return {16, block, column_groups(), row_groups(), epilogue.channels};
    return {group, epilogue.channels, groups(), kernel_w};
}

int64_t DepthwiseConv2dSpec::packed_offset(int channel, int ky, int kx, int copy) const {
    if (formulation == DepthwiseFormulation::interleaved)
        return interleaved_offset(channel, ky, kx, copy);
    if (formulation == DepthwiseFormulation::planar)
        return (int64_t(channel) * kernel_h + ky) * kernel_w + kx;
    const int64_t vector = int64_t(kx) * groups() + ky / group;
    return (vector * epilogue.channels + channel) * group + ky % group;
}

int64_t DepthwiseConv2dSpec::packed_bytes() const {
    const auto extents = packed_extents();
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

Expr DepthwiseConv2d::padded(const Expr &c, const Expr &x, const Expr &y, const Expr &n) const {
    const bool same = spec.multiplier == 1 && spec.c_in == spec.epilogue.channels;
    const Expr channel = same ? c : min(c / spec.multiplier, spec.c_in - 1);
    const Expr value = bounded_(channel, x - spec.pad_left, y - spec.pad_top, n);
    return spec.rebias_input ? reinterpret<uint8_t>(value) ^ u8(0x80) : value;
}

void DepthwiseConv2d::build_taps() {
    const auto &[c, x, y, n] = v;
    staged(c, x, y, n) = padded(c, x, y, n);
    // Taps beyond the kernel repeat its last row, so that nothing outside the copy is read; their
    // weights are 0. y counts output rows.
    taps(j, c, x, y, n) =
        staged(c, x, y * spec.stride_h + min(j, spec.kernel_h - 1) * spec.dilation_h, n);

    r = RDom(0, spec.group, 0, spec.groups(), 0, spec.kernel_w, "r");
    acc(c, x, y, n) = bias_(c);
    acc(c, x, y, n) +=
        i32(taps(r[0] + spec.group * r[1], c, x * spec.stride_w + r[2] * spec.dilation_w, y, n)) *
        i32(weights_(r[0], c, r[1], r[2]));
}

DepthwiseConv2d::DepthwiseConv2d(const DepthwiseConv2dSpec &spec) : spec(spec) {
    const Type in_type = type_from_name(spec.in_type);
    const int channels = spec.epilogue.channels;
    const bool planar = spec.formulation == DepthwiseFormulation::planar;
    const bool interleave = spec.formulation == DepthwiseFormulation::interleaved;
    const bool copied = spec.staged || planar;
    const auto &[c, x, y, n] = v;

    const bool every_channel = !copied && spec.multiplier == 1;
    ImageParam input = signature.input(
        "input", in_type, {every_channel ? channels : spec.c_in, spec.in_w, spec.in_h, spec.batch},
        {1, spec.in_stride_c});
    weights_ = signature.input("weights", Int(8), spec.packed_extents(), {}, planar ? 0 : 64);
    bias_ = signature.input("bias", Int(32), {channels}, {}, 64);
    ImageParam pad = signature.input("pad_value", in_type, {1});
    Epilogue epilogue(spec.epilogue, signature);
    signature.scratch(spec.scratch_bytes);

    input_ = input;
    pad_ = pad;
    if (copied)
        bounded_ = BoundaryConditions::constant_exterior(
            input, pad(0), {{Expr(), Expr()}, {0, spec.in_w}, {0, spec.in_h}, {Expr(), Expr()}});
    else if (spec.reaches_outside())
        bounded_(c, x, y, n) =
            select(x >= 0 && x < spec.in_w && y >= 0 && y < spec.in_h,
                   input(c, clamp(x, 0, spec.in_w - 1), clamp(y, 0, spec.in_h - 1), n), pad(0));
    else
        bounded_(c, x, y, n) = input(c, x, y, n);
    if (interleave) {
        build_interleaved();
        output(c, x, y, n) = epilogue(sums(x, y, c, n), c);
        invariants = {bias_.in()};
        if (is_fixed(spec.epilogue.form))
            invariants.push_back(ImageParam(epilogue.constants()).in());
    } else if (planar) {
        build_planar();
        output(c, x, y, n) = epilogue(sums(x % spec.block, x / spec.block, y, c, n), c);
        invariants = {pad.in(), bias_.in()};
        if (is_fixed(spec.epilogue.form))
            invariants.push_back(ImageParam(epilogue.constants()).in());
    } else {
        build_taps();
        output(c, x, y, n) = epilogue(acc(c, x, y, n), c);
    }

    if (spec.staged && !spec.scratch_bytes) {
        bound_output(staged, spec.staged_extents());
        signature.outputs.push_back(staged);
    }
    bound_output(output, {channels, spec.out_w, spec.out_h, spec.batch}, {1, spec.out_stride_c});
    signature.outputs.push_back(output);
}

} // namespace octet::generators
