// Checks of the operators that exist to be folded: SHAPE, STRIDED_SLICE and PACK.
#include "compiler/graph/check_operator.h"

#include <algorithm>
#include <cstdlib>

namespace octet {

namespace {

/// A constant of one int32 or int64 per axis.
std::vector<int64_t> axis_values(const OperatorCheck &check, size_t i, const char *role) {
    const Tensor &tensor = check.input(i);
    check.constant(tensor, role);
    check.rank(tensor, 1);
    if (tensor.dtype == DType::s32) {
        const auto values = tensor.values<int32_t>();
        return {values.begin(), values.end()};
    }
    if (tensor.dtype == DType::s64) {
        const auto values = tensor.values<int64_t>();
        return {values.begin(), values.end()};
    }
    check.fail("its {} is {}; it must be int32 or int64", role, name_of(tensor.dtype));
}

} // namespace

void check_shape(const OperatorCheck &check) {
    check.operands(1, 1);
    if (check.output().dtype != DType::s32 && check.output().dtype != DType::s64)
        check.fail("its output is {}; it must be int32 or int64", name_of(check.output().dtype));
    check.output_shape({int(check.input().shape.size())});
}

void check_strided_slice(const OperatorCheck &check) {
    check.operands(4, 4);
    const auto &a = check.attributes<StridedSliceAttributes>();
    const Shape &in = check.input(0).shape;
    const std::vector<int64_t> begin = axis_values(check, 1, "begin");
    const std::vector<int64_t> end = axis_values(check, 2, "end");
    const std::vector<int64_t> strides = axis_values(check, 3, "stride");
    if (check.input(0).dtype != check.output().dtype)
        check.fail("its input is {} and its output {}; they must be of one type",
                   name_of(check.input(0).dtype), name_of(check.output().dtype));
    if (a.ellipsis_mask || a.new_axis_mask)
        check.fail("it has an ellipsis or a new axis; give begin and end of every axis instead");
    if (begin.size() > in.size() || end.size() != begin.size() || strides.size() != begin.size())
        check.fail("it slices {} axes with {} ends and {} strides; the input is {}", begin.size(),
                   end.size(), strides.size(), to_string(in));
    Shape out;
    for (size_t axis = 0; axis < in.size(); axis++) {
        const int64_t extent = in[axis];
        if (axis >= begin.size()) {
            out.push_back(int(extent));
            continue;
        }
        const int64_t stride = strides[axis];
        if (stride == 0 || std::abs(stride) > max_elements)
            check.fail("its stride along axis {} is {}; use one from 1 to 2^28", axis, stride);
        // Where an axis ends in the direction of the stride.
        const int64_t first = stride > 0 ? 0 : extent - 1, last = stride > 0 ? extent : -1;
        const auto place = [&](int64_t bound) {
            const int64_t clamped = std::clamp(bound, -max_elements, max_elements);
            return std::clamp(clamped < 0 ? clamped + extent : clamped, std::min(first, last),
                              std::max(first, last));
        };
        const int bit = 1 << axis;
        const int64_t from = a.begin_mask & bit ? first : place(begin[axis]);
        const int64_t to = a.end_mask & bit ? last : place(end[axis]);
        if (a.shrink_axis_mask & bit) {
            if (from < 0 || from >= extent)
                check.fail("it takes element {} of axis {}; the input is {}", begin[axis], axis,
                           to_string(in));
            continue;
        }
        const int64_t span = stride > 0 ? to - from : from - to, step = std::abs(stride);
        out.push_back(int(std::max<int64_t>(0, (span + step - 1) / step)));
    }
    check.output_shape(out);
}

void check_pack(const OperatorCheck &check) {
    check.variadic();
    const auto &a = check.attributes<PackAttributes>();
    check.same_type();
    Shape out = check.input(0).shape;
    for (size_t i = 0; i < check.op().inputs.size(); i++)
        if (check.input(i).shape != out)
            check.fail("input {} is {} beside {}; all must be equal", i,
                       to_string(check.input(i).shape), to_string(out));
    if (a.axis < 0 || size_t(a.axis) > out.size())
        check.fail("its axis is {}; its inputs have {} dimensions", a.axis, out.size());
    out.insert(out.begin() + a.axis, int(check.op().inputs.size()));
    check.output_shape(out);
}

} // namespace octet
