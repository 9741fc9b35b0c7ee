// SLICE, STRIDED_SLICE and SPLIT: parts of tensors.
//
// STRIDED_SLICE of integers is shape arithmetic and remains one until it is folded; of data it is a
// slice, and a RESHAPE behind it where an axis is dropped. SPLIT is a slice per output.
#include "compiler/import/tflite/operator_reader.h"

#include <algorithm>

namespace octet::tflite {

namespace {

/// `size` elements of each axis from `begin` on, at a distance of `strides`.
struct Part {
    SliceAttributes attributes;
    Shape shape;
};

/// begin, end and stride of an axis that a STRIDED_SLICE names.
struct AxisRange {
    int64_t begin, end, stride;
    bool from_start, to_end, one; ///< its bits in the masks
};

/// `bound` of an axis with `extent` elements: negative ones count from the end.
int64_t place(int64_t bound, int64_t extent) {
    const int64_t clamped = std::clamp(bound, -max_elements, max_elements);
    return std::clamp<int64_t>(clamped < 0 ? clamped + extent : clamped, 0, extent);
}

void append_axis(OperatorReader &reader, Part &part, size_t axis, int extent,
                 const AxisRange &range) {
    if (range.stride < 1 || range.stride > max_elements)
        reader.fail("its stride along axis {} is {}; data is sliced with strides from 1 to 2^28",
                    axis, range.stride);
    const int64_t from = range.from_start && !range.one ? 0 : place(range.begin, extent);
    const int64_t to = range.to_end ? extent : place(range.end, extent);
    if (range.one && from >= extent)
        reader.fail("it takes element {} of axis {}, which has {}; take one that there is",
                    range.begin, axis, extent);
    const int64_t count =
        range.one ? 1 : std::max<int64_t>(0, (to - from + range.stride - 1) / range.stride);
    part.attributes.begin.push_back(int(from));
    part.attributes.strides.push_back(int(range.one ? 1 : range.stride));
    part.shape.push_back(int(count));
}

void strided_slice_of_data(OperatorReader &reader, const schema::StridedSliceOptions &o) {
    const Shape in = reader.input(0).shape;
    const std::vector<int64_t> begin = reader.integers(1, "begin"), end = reader.integers(2, "end");
    const std::vector<int64_t> strides = reader.integers(3, "stride");
    if (o.ellipsis_mask() || o.new_axis_mask())
        reader.fail("it has an ellipsis or a new axis; give begin and end of every axis instead");
    if (begin.size() > in.size() || end.size() != begin.size() || strides.size() != begin.size())
        reader.fail("it slices {} axes with {} ends and {} strides; the input is {}", begin.size(),
                    end.size(), strides.size(), to_string(in));
    Part part;
    Shape kept;
    for (size_t axis = 0; axis < in.size(); axis++) {
        const bool named = axis < begin.size() && axis < 32;
        const auto bit = [&](int mask) { return named && (mask >> axis & 1) != 0; };
        const bool one = bit(o.shrink_axis_mask());
        append_axis(reader, part, axis, in[axis],
                    named ? AxisRange{begin[axis], end[axis], strides[axis], bit(o.begin_mask()),
                                      bit(o.end_mask()), one}
                          : AxisRange{0, in[axis], 1, true, true, false});
        if (!one)
            kept.push_back(part.shape.back());
    }
    reader.become(OpKind::slice);
    reader.keep_inputs(1);
    reader.set(part.attributes);
    reader.output_shape(kept);
    if (kept != part.shape)
        reader.reshape_output(part.shape);
}

} // namespace

void import_slice(OperatorReader &reader) {
    reader.operands(3, 3);
    const Shape &in = reader.input(0).shape;
    const std::vector<int64_t> begin = reader.integers(1, "begin");
    const std::vector<int64_t> size = reader.integers(2, "size");
    if (begin.size() != in.size() || size.size() != in.size())
        reader.fail("it slices {} and {} axes; the input is {}", begin.size(), size.size(),
                    to_string(in));
    SliceAttributes a;
    Shape out;
    for (size_t axis = 0; axis < in.size(); axis++) {
        // A size of -1 is what remains.
        const int64_t count = size[axis] == -1 ? in[axis] - begin[axis] : size[axis];
        if (begin[axis] < 0 || count < 0 || begin[axis] > in[axis] ||
            count > in[axis] - begin[axis])
            reader.fail("it takes {} elements of axis {} from {} on; the input is {}", size[axis],
                        axis, begin[axis], to_string(in));
        a.begin.push_back(int(begin[axis]));
        a.strides.push_back(1);
        out.push_back(int(count));
    }
    reader.output_shape(out);
    reader.keep_inputs(1);
    reader.set(a);
}

void import_strided_slice(OperatorReader &reader) {
    const auto &o = reader.options<schema::StridedSliceOptions>();
    if (o.offset())
        reader.fail("its end counts from its begin; give absolute ends instead");
    reader.operands(4, 4);
    const DType dtype = reader.input(0).dtype;
    if (dtype != DType::s32 && dtype != DType::s64)
        return strided_slice_of_data(reader, o);
    reader.set(StridedSliceAttributes{o.begin_mask(), o.end_mask(), o.ellipsis_mask(),
                                      o.new_axis_mask(), o.shrink_axis_mask()});
}

// The axis is input 0. All parts have the same extent.
void import_split(OperatorReader &reader) {
    const std::vector<TensorId> outputs = reader.take_outputs();
    reader.operands(2, 2);
    const Shape in = reader.input(1).shape;
    const std::vector<int64_t> axes = reader.integers(0, "axis");
    if (axes.size() != 1 || in.empty())
        reader.fail("it has {} axes to split {} along; it needs 1", axes.size(), to_string(in));
    const auto axis = size_t(reader.axis(axes[0], in.size()));
    const int count = int(outputs.size()), extent = in[axis] / count;
    if (extent * count != in[axis])
        reader.fail("it splits {} into {} along axis {}; parts must be equal", to_string(in), count,
                    axis);
    Shape out = in;
    out[axis] = extent;
    for (TensorId id : outputs)
        reader.output_shape(id, out);
    reader.select_inputs({1});
    SliceAttributes a{std::vector<int>(in.size(), 0), std::vector<int>(in.size(), 1)};
    reader.set(a);
    for (int i = 1; i < count; i++) {
        Operator part = reader.op();
        part.outputs = {outputs[size_t(i)]};
        a.begin[axis] = i * extent;
        part.attributes = a;
        reader.following().push_back(std::move(part));
    }
}

} // namespace octet::tflite
