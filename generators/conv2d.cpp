#include "generators/conv2d.h"

#include <numeric>

namespace octet::generators {

using namespace Halide;
using namespace Halide::ConciseCasts;

namespace {

int round_up(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

int64_t product(const std::vector<int> &extents) {
    return std::accumulate(extents.begin(), extents.end(), int64_t{1}, std::multiplies<>());
}

} // namespace

int Conv2dSpec::dots() const {
    const int row = formulation == ConvFormulation::dot ? c_in : c_in * kernel_w;
    return (row + group - 1) / group;
}

std::vector<int> Conv2dSpec::staged_extents() const {
    const int columns = (out_w - 1) * stride_w + (kernel_w - 1) * dilation_w + 1;
    const int rows = (out_h - 1) * stride_h + (kernel_h - 1) * dilation_h + 1;
    if (formulation == ConvFormulation::dot)
        return {(groups - 1) * c_in + dots() * group, columns, rows, batch};
    // The last group of a row may reach past the last tap; its weights are 0.
    const int row = (out_w - 1) * stride_w * c_in + dots() * group;
    return {round_up(row, 64), rows, batch};
}

int64_t Conv2dSpec::staged_bytes() const {
    return product(staged_extents());
}

std::vector<int> Conv2dSpec::packed_extents() const {
    const int blocks = epilogue.channels / lanes;
    if (formulation == ConvFormulation::dot)
        return {group, lanes, dots(), kernel_w, kernel_h, blocks};
    return {group, lanes, dots(), kernel_h, blocks};
}

int64_t Conv2dSpec::packed_offset(int channel, int ky, int kx, int ci) const {
    const int block = channel / lanes, lane = channel % lanes;
    if (formulation == ConvFormulation::dot) {
        const int64_t tap = (int64_t(block) * kernel_h + ky) * kernel_w + kx;
        return ((tap * dots() + ci / group) * lanes + lane) * group + ci % group;
    }
    const int element = kx * c_in + ci;
    const int64_t row = int64_t(block) * kernel_h + ky;
    return ((row * dots() + element / group) * lanes + lane) * group + element % group;
}

int64_t Conv2dSpec::packed_bytes() const {
    return product(packed_extents());
}

Conv2d::Conv2d(const Conv2dSpec &spec) : spec(spec) {
    const Type in_type = type_from_name(spec.in_type);
    const bool dot = spec.formulation == ConvFormulation::dot;
    const auto &[c, x, y, n] = v;

    ImageParam input =
        dot ? signature.input("input", in_type,
                              {spec.c_in * spec.groups, spec.in_w, spec.in_h, spec.batch},
                              {1, spec.in_stride_c})
            : signature.input("input", in_type, {spec.in_w * spec.c_in, spec.in_h, spec.batch});
    ImageParam weights = signature.input("weights", Int(8), spec.packed_extents(), {}, 64);
    ImageParam bias = signature.input("bias", Int(32), {spec.epilogue.channels}, {}, 64);
    ImageParam pad = signature.input("pad_value", in_type, {1});
    Epilogue epilogue(spec.epilogue, signature);

    // staged: the input at padded coordinates, pad_value outside.
    const auto rebias = [&](const Expr &value) {
        return spec.rebias_input ? reinterpret<uint8_t>(value) ^ u8(0x80) : value;
    };
    Func bounded("bounded");
    if (dot) {
        if (spec.staged) {
            bounded = BoundaryConditions::constant_exterior(
                input, pad(0),
                {{0, spec.c_in * spec.groups}, {0, spec.in_w}, {0, spec.in_h}, {0, spec.batch}});
            staged(c, x, y, n) = rebias(bounded(c, x - spec.pad_left, y - spec.pad_top, n));
        } else {
            // Channels beyond c_in lie in the stride; their weights are 0.
            input.dim(0).set_bounds(0, spec.dots() * spec.group);
            staged(c, x, y, n) = rebias(input(c, x, y, n));
        }
        r = RDom(0, spec.group, 0, spec.dots(), 0, spec.kernel_w, 0, spec.kernel_h, "r");
        // The first input channel of c's group.
        const Expr first = spec.groups == 1
                               ? Expr(0)
                               : min(c / (spec.c_out / spec.groups), spec.groups - 1) * spec.c_in;
        acc(c, x, y, n) = bias(c);
        acc(c, x, y, n) +=
            i32(staged(first + r[0] + spec.group * r[1], x * spec.stride_w + r[2] * spec.dilation_w,
                       y * spec.stride_h + r[3] * spec.dilation_h, n)) *
            i32(weights(r[0], c % spec.lanes, r[1], r[2], r[3], c / spec.lanes));
    } else {
        bounded = BoundaryConditions::constant_exterior(
            input, pad(0), {{0, spec.in_w * spec.c_in}, {0, spec.in_h}, {0, spec.batch}});
        staged(x, y, n) = rebias(bounded(x - spec.pad_left * spec.c_in, y - spec.pad_top, n));
        r = RDom(0, spec.group, 0, spec.dots(), 0, spec.kernel_h, "r");
        acc(c, x, y, n) = bias(c);
        acc(c, x, y, n) += i32(staged(x * (spec.stride_w * spec.c_in) + r[0] + spec.group * r[1],
                                      y * spec.stride_h + r[2] * spec.dilation_h, n)) *
                           i32(weights(r[0], c % spec.lanes, r[1], r[2], c / spec.lanes));
    }
    output(c, x, y, n) = epilogue(acc(c, x, y, n), c);

    if (spec.staged) {
        bound_output(staged, spec.staged_extents());
        signature.outputs.push_back(staged);
    }
    bound_output(output, {spec.epilogue.channels, spec.out_w, spec.out_h, spec.batch},
                 {1, spec.out_stride_c});
    signature.outputs.push_back(output);
}

} // namespace octet::generators
