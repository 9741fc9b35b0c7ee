#include "compiler/reference/indexing.h"
#include "compiler/reference/interpreter.h"

#include <cstring>

namespace octet::reference {

// y[i, j, ...] = x[begin_0 + i stride_0, begin_1 + j stride_1, ...]
void slice(const Operands &operands) {
    const auto &attributes = operands.op().as<SliceAttributes>();
    const Shape &shape = operands.input_tensor(0).shape;
    const size_t size = size_of(operands.output_tensor().dtype);
    const auto in = operands.input<uint8_t>(0);
    const auto out = operands.output<uint8_t>();
    std::vector<int> place(shape.size());
    for_each_index(operands.output_tensor().shape, [&](auto index, int64_t position) {
        for (size_t axis = 0; axis < place.size(); ++axis)
            place[axis] = attributes.begin[axis] + index[axis] * attributes.strides[axis];
        std::memcpy(&out[size_t(position) * size], &in[size_t(position_of(place, shape)) * size],
                    size);
    });
}

} // namespace octet::reference
