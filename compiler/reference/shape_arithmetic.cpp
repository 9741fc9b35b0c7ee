// SHAPE, STRIDED_SLICE and PACK: integers about shapes, which importers fold into constants.
#include "compiler/reference/indexing.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"

#include <algorithm>
#include <cstring>

namespace octet::reference {

namespace {

/// Elements of an int32 or int64 input.
std::vector<int64_t> integers(const Operands &operands, size_t i) {
    if (operands.input_tensor(i).dtype == DType::s64) {
        const auto values = operands.input<int64_t>(i);
        return {values.begin(), values.end()};
    }
    const auto values = operands.input<int32_t>(i);
    return {values.begin(), values.end()};
}

} // namespace

void shape(const Operands &operands) {
    const Shape &extents = operands.input_tensor(0).shape;
    if (operands.output_tensor().dtype == DType::s64)
        std::copy(extents.begin(), extents.end(), operands.output<int64_t>().begin());
    else
        std::copy(extents.begin(), extents.end(), operands.output<int32_t>().begin());
}

// Axis a takes begin[a], begin[a] + strides[a], ... before end[a]. Negative places count from the
// end; a masked bound is the axis's own end in the stride's direction.
void strided_slice(const Operands &operands) {
    const auto &attributes = operands.op().as<StridedSliceAttributes>();
    if (attributes.ellipsis_mask || attributes.new_axis_mask)
        throw Error("{} (strided_slice): ellipsis and new axes are not supported; slice with begin "
                    "and end of every axis",
                    operands.op().name);
    const Tensor &input = operands.input_tensor(0);
    const size_t size = size_of(input.dtype);
    const std::vector<int64_t> begin = integers(operands, 1), end = integers(operands, 2);
    const std::vector<int64_t> strides = integers(operands, 3);

    // First place and number of places of every axis of the input.
    std::vector<int64_t> first(input.shape.size(), 0);
    Shape counts = input.shape;
    for (size_t axis = 0; axis < begin.size(); ++axis) {
        const int64_t extent = input.shape[axis], stride = strides[axis];
        const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? extent : extent - 1;
        const auto place = [&](int64_t bound) {
            return std::clamp(bound < 0 ? bound + extent : bound, low, high);
        };
        const int bit = 1 << axis;
        first[axis] = attributes.begin_mask & bit ? (stride > 0 ? low : high) : place(begin[axis]);
        const int64_t last =
            attributes.end_mask & bit ? (stride > 0 ? high : low) : place(end[axis]);
        const int64_t span = stride > 0 ? last - first[axis] : first[axis] - last;
        const int64_t step = std::abs(stride);
        counts[axis] = attributes.shrink_axis_mask & bit
                           ? 1
                           : int(std::max<int64_t>(0, (span + step - 1) / step));
    }
    const auto in = operands.input<uint8_t>(0);
    const auto out = operands.output<uint8_t>();
    std::vector<int> place(input.shape.size());
    for_each_index(counts, [&](auto index, int64_t position) {
        for (size_t axis = 0; axis < place.size(); ++axis) {
            const int64_t stride = axis < strides.size() ? strides[axis] : 1;
            place[axis] = int(first[axis] + index[axis] * stride);
        }
        std::memcpy(&out[size_t(position) * size],
                    &in[size_t(position_of(place, input.shape)) * size], size);
    });
}

// Input i becomes index i of the new axis.
void pack(const Operands &operands) {
    const auto axis = size_t(operands.op().as<PackAttributes>().axis);
    const Tensor &output = operands.output_tensor();
    const size_t size = size_of(output.dtype);
    const auto out = operands.output<uint8_t>();
    for_each_index(output.shape, [&](auto index, int64_t position) {
        std::vector<int> place(index.begin(), index.end());
        const auto i = size_t(place[axis]);
        place.erase(place.begin() + std::ptrdiff_t(axis));
        const int64_t from = position_of(place, operands.input_tensor(i).shape);
        std::memcpy(&out[size_t(position) * size], &operands.input<uint8_t>(i)[size_t(from) * size],
                    size);
    });
}

} // namespace octet::reference
