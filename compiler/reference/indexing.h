// Walking over tensors of any rank, for the operators that are about places and not about numbers.
#pragma once

#include "compiler/graph/graph.h"

#include <span>

namespace octet::reference {

/// Calls body(index, position) for every index of `shape` in row-major order; `position` counts.
template <typename Body>
void for_each_index(const Shape &shape, Body &&body) {
    const int64_t count = element_count(shape);
    std::vector<int> index(shape.size(), 0);
    for (int64_t position = 0; position < count; ++position) {
        body(std::span<const int>(index), position);
        for (size_t axis = shape.size(); axis-- > 0;) {
            if (++index[axis] < shape[axis])
                break;
            index[axis] = 0;
        }
    }
}

/// Row-major position of `index` in a tensor of `shape`.
inline int64_t position_of(std::span<const int> index, const Shape &shape) {
    int64_t position = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis)
        position = position * shape[axis] + index[axis];
    return position;
}

/// Position that output `index` reads in an operand of `shape` under broadcasting: axes are aligned
/// at the innermost, and an axis of extent 1 is read again and again.
inline int64_t broadcast_position(std::span<const int> index, const Shape &shape) {
    int64_t position = 0;
    const size_t skipped = index.size() - shape.size();
    for (size_t axis = 0; axis < shape.size(); ++axis)
        position = position * shape[axis] + (shape[axis] == 1 ? 0 : index[skipped + axis]);
    return position;
}

} // namespace octet::reference
