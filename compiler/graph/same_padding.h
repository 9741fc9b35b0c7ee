// SAME, TensorFlow's rule for padding by a word instead of numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

namespace octet {

/// What SAME means along one axis: the output is ceil(extent / stride) long, and the padding that
/// this takes is split evenly, the odd element at the end.
inline std::pair<int, int> same_padding(int extent, int kernel, int stride, int dilation = 1) {
    const int64_t output = (int64_t(extent) + stride - 1) / stride;
    const int64_t covered = int64_t(kernel - 1) * dilation + 1;
    const int64_t total = std::max<int64_t>(0, (output - 1) * stride + covered - extent);
    return {int(total / 2), int(total - total / 2)};
}

} // namespace octet
