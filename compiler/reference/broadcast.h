// Two operands combined element by element: the loops that ADD, SUB, MUL and their like share.
#pragma once

#include "compiler/reference/accumulate.h"
#include "compiler/reference/indexing.h"

namespace octet::reference {

/// Output = function(a, b) of the real elements of inputs 0 and 1, clamped, under broadcasting.
template <typename Function>
void combine_reals(const Operands &operands, Activation activation, Function &&function) {
    const Shape &a_shape = operands.input_tensor(0).shape;
    const Shape &b_shape = operands.input_tensor(1).shape;
    const auto [lowest, highest] = real_range(activation);
    const auto a = operands.input<float>(0), b = operands.input<float>(1);
    const auto output = operands.output<float>();
    for_each_index(operands.output_tensor().shape,
                   [&, lowest = lowest, highest = highest](auto index, int64_t position) {
                       const float value = function(a[size_t(broadcast_position(index, a_shape))],
                                                    b[size_t(broadcast_position(index, b_shape))]);
                       output[size_t(position)] = std::clamp(value, lowest, highest);
                   });
}

/// The same of stored elements; function gives stored elements in range.
template <typename Function>
void combine_stored(const Operands &operands, Function &&function) {
    const Shape &a_shape = operands.input_tensor(0).shape;
    const Shape &b_shape = operands.input_tensor(1).shape;
    for_each_index(operands.output_tensor().shape, [&](auto index, int64_t position) {
        const int32_t a = operands.quantized_input(0, broadcast_position(index, a_shape));
        const int32_t b = operands.quantized_input(1, broadcast_position(index, b_shape));
        operands.store_quantized(position, function(a, b));
    });
}

} // namespace octet::reference
