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
    int run = c_in;
    if (formulation == ConvFormulation::row_dot)
        run = row_stride() * kernel_w;
    else if (formulation == ConvFormulation::column_dot)
        run = column_stride() * kernel_w;
    return (run + group - 1) / group;
}

bool Conv2dSpec::reaches_outside() const {
    return pad_top > 0 || pad_left > 0 ||
           (out_h - 1) * stride_h + (kernel_h - 1) * dilation_h >= in_h ||
           (out_w - 1) * stride_w + (kernel_w - 1) * dilation_w >= in_w;
}

std::vector<int> Conv2dSpec::staged_extents() const {
    const int columns = (out_w - 1) * stride_w + (kernel_w - 1) * dilation_w + 1;
    const int rows = (out_h - 1) * stride_h + (kernel_h - 1) * dilation_h + 1;
    if (formulation == ConvFormulation::dot)
        return {(groups - 1) * c_in + dots() * group, columns, rows, batch};
    // The last group of a run may reach past the last tap; its weights are 0.
    if (formulation == ConvFormulation::column_dot)
        return {
            round_up((out_w - 1) * stride_w * column_stride() + dots() * group, column_stride()),
            out_h, batch};
    const int row = staged_lead + (out_w - 1) * stride_w * row_stride() + dots() * group;
    return {scratch_bytes ? row : round_up(row, 64), rows, batch};
}

int64_t Conv2dSpec::staged_bytes() const {
    return product(staged_extents());
}

std::vector<int> Conv2dSpec::packed_extents() const {
    const int blocks = epilogue.channels / lanes;
    if (formulation == ConvFormulation::dot)
        return {group, lanes, dots(), kernel_w, kernel_h, blocks};
    if (formulation == ConvFormulation::column_dot)
        return {group, lanes, dots(), blocks};
    return {group, lanes, dots(), kernel_h, blocks};
}

int64_t Conv2dSpec::packed_offset(int channel, int ky, int kx, int ci) const {
    const int block = channel / lanes, lane = channel % lanes;
    int element = ci;
    int64_t run = int64_t(block) * kernel_h + ky;
    switch (formulation) {
    case ConvFormulation::dot:
        run = run * kernel_w + kx;
        break;
    case ConvFormulation::row_dot:
        element += kx * row_stride();
        break;
    case ConvFormulation::column_dot:
        run = block;
        element += (kx * kernel_h + ky) * c_in;
        break;
    }
    const int place = element % group;
    return ((run * dots() + element / group) * lanes + lane) * group +
           (even_odd ? place / 2 + place % 2 * 2 : place);
}

int64_t Conv2dSpec::packed_bytes() const {
    return product(packed_extents());
}

Conv2d::Conv2d(const Conv2dSpec &spec) : spec(spec) {
    const Type in_type = type_from_name(spec.in_type);
    const bool dot = spec.formulation == ConvFormulation::dot;
    const bool row = spec.formulation == ConvFormulation::row_dot;
    const auto &[c, x, y, n] = v;

    const int columns = spec.in_w * spec.row_stride();
    ImageParam input =
        row ? signature.input("input", in_type, {columns, spec.in_h, spec.batch})
            : signature.input("input", in_type,
                              {spec.c_in * spec.groups, spec.in_w, spec.in_h, spec.batch},
                              {1, spec.in_stride_c});
    std::vector<int> packed = spec.packed_extents();
    if (spec.even_odd) {
        packed[0] = 2;
        packed.insert(packed.begin(), 2);
    }
    ImageParam weights = signature.input("weights", Int(8), packed, {}, 64);
    ImageParam bias = signature.input("bias", Int(32), {spec.epilogue.channels}, {}, 64);
    ImageParam pad = signature.input("pad_value", in_type, {1});
    Epilogue epilogue(spec.epilogue, signature);
    signature.scratch(spec.scratch_bytes);

    // staged: the input at padded coordinates, pad_value outside.
    const auto convert = [&](Expr value) {
        if (spec.rebias_input)
            value = reinterpret<uint8_t>(value) ^ u8(0x80);
        return spec.staged_type.empty() ? value : cast(type_from_name(spec.staged_type), value);
    };
    // The reduction: a dot product of `group` elements, groups along a run, runs.
    Region ranges = {Range(0, spec.group), Range(0, spec.dots())};
    if (spec.even_odd)
        ranges = {Range(0, 2), Range(0, 2), Range(0, spec.dots())};
    r_dot = int(ranges.size()) - 1;
    if (dot)
        ranges.emplace_back(0, spec.kernel_w);
    if (dot || row)
        ranges.emplace_back(0, spec.kernel_h);
    r = RDom(ranges, "r");
    const Expr place = spec.even_odd ? r[0] + 2 * r[1] : Expr(r[0]);
    const Expr element = place + spec.group * r[r_dot];
    std::vector<Expr> weight_at = {c % spec.lanes};
    for (int i = r_dot; i < r.dimensions(); ++i)
        weight_at.emplace_back(r[i]);
    weight_at.emplace_back(c / spec.lanes);
    if (spec.even_odd)
        weight_at.insert(weight_at.begin(), {r[1], r[0]});
    else
        weight_at.insert(weight_at.begin(), r[0]);

    Func bounded("bounded");
    Expr value;
    if (dot) {
        if (spec.staged) {
            bounded = BoundaryConditions::constant_exterior(
                input, pad(0),
                {{0, spec.c_in * spec.groups}, {0, spec.in_w}, {0, spec.in_h}, {0, spec.batch}});
            staged(c, x, y, n) = convert(bounded(c, x - spec.pad_left, y - spec.pad_top, n));
        } else {
            // Channels beyond c_in are read where they lie in the stride; their weights are 0.
            if (spec.dots() * spec.group <= spec.in_stride_c)
                input.dim(0).set_bounds(0, spec.dots() * spec.group);
            const Expr column = x - spec.pad_left, line = y - spec.pad_top;
            if (spec.reaches_outside())
                bounded(c, x, y, n) = select(
                    column >= 0 && column < spec.in_w && line >= 0 && line < spec.in_h,
                    input(c, clamp(column, 0, spec.in_w - 1), clamp(line, 0, spec.in_h - 1), n),
                    pad(0));
            else
                bounded(c, x, y, n) = input(c, x, y, n);
            staged(c, x, y, n) = convert(bounded(c, x, y, n));
        }
        // The first input channel of c's group.
        const Expr first = spec.groups == 1
                               ? Expr(0)
                               : min(c / (spec.c_out / spec.groups), spec.groups - 1) * spec.c_in;
        value = staged(first + element, x * spec.stride_w + r[r_dot + 1] * spec.dilation_w,
                       y * spec.stride_h + r[r_dot + 2] * spec.dilation_h, n);
    } else if (!row) {
        bounded = BoundaryConditions::constant_exterior(
            input, pad(0), {{Expr(), Expr()}, {0, spec.in_w}, {0, spec.in_h}, {Expr(), Expr()}});
        const Expr row_of_taps = x / spec.c_in % spec.kernel_h;
        staged(x, y, n) =
            convert(bounded(x % spec.c_in, x / spec.column_stride() - spec.pad_left,
                            y * spec.stride_h + row_of_taps * spec.dilation_h - spec.pad_top, n));
        value = staged(x * (spec.stride_w * spec.column_stride()) + element, y, n);
    } else {
        const std::vector<int> reach = spec.staged_extents();
        const bool inside =
            spec.pad_top == 0 && spec.pad_left == 0 && reach[0] <= columns && reach[1] <= spec.in_h;
        if (inside)
            bounded(x, y, n) = input(x, y, n);
        else
            bounded = BoundaryConditions::constant_exterior(
                input, pad(0), {{0, columns}, {0, spec.in_h}, {0, spec.batch}});
        staged(x, y, n) = convert(bounded(
            x - (spec.pad_left * spec.row_stride() + spec.staged_lead), y - spec.pad_top, n));
        value = staged(x * (spec.stride_w * spec.row_stride()) + element + spec.staged_lead,
                       y * spec.stride_h + r[r_dot + 1] * spec.dilation_h, n);
    }
    acc(c, x, y, n) = bias(c);
    acc(c, x, y, n) += i32(value) * i32(weights(weight_at));
    output(c, x, y, n) = epilogue(acc(c, x, y, n), c);

    if (spec.staged && !spec.scratch_bytes) {
        bound_output(staged, spec.staged_extents());
        signature.outputs.push_back(staged);
    }
    bound_output(output, {spec.epilogue.channels, spec.out_w, spec.out_h, spec.batch},
                 {1, spec.out_stride_c});
    signature.outputs.push_back(output);
}

} // namespace octet::generators
