// Checks of the operators that move elements, and of resizing.
//
// They also serve shape arithmetic on int32 and int64 constants, which importers fold away; check()
// refuses them where such integers would be computed at run time.
#include "compiler/graph/check_operator.h"

#include <algorithm>

namespace octet {

namespace {

/// Inputs and output are of one type and, where quantized, of one quantization.
void check_moved(const OperatorCheck &check) {
    check.same_type();
    const DType dtype = check.output().dtype;
    if (dtype == DType::s32 || dtype == DType::s64)
        return;
    check.activation(check.output());
    for (size_t i = 0; i < check.op().inputs.size(); i++) {
        check.activation(check.input(i));
        check.same_quantization(check.input(i), check.output());
    }
}

} // namespace

void check_reshape(const OperatorCheck &check) {
    check.operands(1, 1);
    check_moved(check);
    if (check.input().elements() != check.output().elements())
        check.fail("its input is {} and its output {}; they must have the same number of elements",
                   to_string(check.input().shape), to_string(check.output().shape));
}

void check_squeeze(const OperatorCheck &check) {
    check.operands(1, 1);
    check_moved(check);
    const Shape &in = check.input().shape, &out = check.output().shape;
    size_t kept = 0;
    for (int extent : in) {
        if (kept < out.size() && out[kept] == extent)
            kept++;
        else if (extent != 1)
            kept = out.size() + 1; // no extent but 1 may go
    }
    if (kept != out.size())
        check.fail("its input is {} and its output {}; it may only drop extents of 1",
                   to_string(in), to_string(out));
}

void check_transpose(const OperatorCheck &check) {
    check.operands(1, 1);
    const auto &a = check.attributes<TransposeAttributes>();
    check_moved(check);
    const Shape &in = check.input().shape;
    std::vector<int> sorted = a.permutation;
    std::sort(sorted.begin(), sorted.end());
    bool permutes = sorted.size() == in.size();
    for (size_t axis = 0; permutes && axis < sorted.size(); axis++)
        permutes = sorted[axis] == int(axis);
    if (!permutes)
        check.fail("its permutation is not one of the {} axes of {}; name each axis once",
                   in.size(), to_string(in));
    Shape out;
    for (int axis : a.permutation)
        out.push_back(in[size_t(axis)]);
    check.output_shape(out);
}

void check_slice(const OperatorCheck &check) {
    check.operands(1, 1);
    const auto &a = check.attributes<SliceAttributes>();
    check_moved(check);
    const Shape &in = check.input().shape, &out = check.output().shape;
    if (a.begin.size() != in.size() || a.strides.size() != in.size() || out.size() != in.size())
        check.fail("it slices {} axes with {} strides into {}; the input is {}", a.begin.size(),
                   a.strides.size(), to_string(out), to_string(in));
    for (size_t axis = 0; axis < in.size(); axis++) {
        const int64_t last = a.begin[axis] + int64_t(out[axis] - 1) * a.strides[axis];
        if (a.begin[axis] < 0 || a.strides[axis] < 1 || last >= in[axis])
            check.fail("its output takes {} elements of axis {} from {} on by {}; the input is {}",
                       out[axis], axis, a.begin[axis], a.strides[axis], to_string(in));
    }
}

namespace {

void check_resize(const OperatorCheck &check) {
    check.operands(1, 1);
    const auto &a = check.attributes<ResizeAttributes>();
    check.activation(check.input());
    check.activation(check.output());
    check.same_type();
    check.same_quantization(check.input(), check.output());
    check.rank(check.input(), 4);
    check.rank(check.output(), 4);
    const Shape &in = check.input().shape, &out = check.output().shape;
    // Engines compute places in 32 bits with 10 fractional bits.
    for (int extent : {in[1], in[2], out[1], out[2]})
        check.extent(extent, "height or width");
    check.output_shape({in[0], out[1], out[2], in[3]});
    if (a.align_corners && a.half_pixel_centers)
        check.fail("it aligns corners and has half pixel centers; only one can be");
}

} // namespace

void check_resize_bilinear(const OperatorCheck &check) {
    check_resize(check);
}
void check_resize_nearest(const OperatorCheck &check) {
    check_resize(check);
}

void check_pad(const OperatorCheck &check) {
    check.operands(1, 1);
    const auto &a = check.attributes<PadAttributes>();
    check_moved(check);
    const Shape &in = check.input().shape;
    if (a.pads.size() != in.size())
        check.fail("it pads {} axes; the input is {}", a.pads.size(), to_string(in));
    Shape out;
    for (size_t axis = 0; axis < in.size(); axis++) {
        const auto [before, after] = a.pads[axis];
        const int64_t extent = int64_t(in[axis]) + before + after;
        if (before < 0 || after < 0 || extent > max_elements)
            check.fail("it pads axis {} by {} and {}; pads must be at least 0 and the result at "
                       "most 2^28",
                       axis, before, after);
        out.push_back(int(extent));
    }
    check.output_shape(out);
}

void check_concatenation(const OperatorCheck &check) {
    check.variadic();
    const auto &a = check.attributes<ConcatenationAttributes>();
    check_moved(check);
    Shape out = check.input(0).shape;
    if (a.axis < 0 || size_t(a.axis) >= out.size())
        check.fail("its axis is {}; its inputs have {} dimensions", a.axis, out.size());
    int64_t joined = 0;
    for (size_t i = 0; i < check.op().inputs.size(); i++) {
        Shape in = check.input(i).shape;
        if (in.size() == out.size()) {
            joined += in[size_t(a.axis)];
            in[size_t(a.axis)] = out[size_t(a.axis)];
        }
        if (in != out || joined > max_elements)
            check.fail("input {} is {} beside {}; all extents but that of axis {} must be equal", i,
                       to_string(check.input(i).shape), to_string(out), a.axis);
    }
    out[size_t(a.axis)] = int(joined);
    check.output_shape(out);
}

} // namespace octet
