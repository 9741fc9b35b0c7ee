// How two operands that may broadcast lie against the output of a kernel of two operands.
#pragma once

#include "compiler/lower/program.h"

#include <algorithm>

namespace octet::lower {

/// Sets the extents and strides of operands and output in a kernel's spec, innermost first; the
/// plain memory in one dimension when no operand broadcasts and all three are laid out alike.
template <typename Spec>
void set_dimensions(Spec &spec, const StoredTensor &a, const StoredTensor &b,
                    const StoredTensor &out) {
    if (a.shape == out.shape && b.shape == out.shape && a.stride_c == out.stride_c &&
        b.stride_c == out.stride_c) {
        spec.extents = spec.a_extents = spec.b_extents = {int(out.rows()) * out.stride_c};
        spec.out_strides = spec.a_strides = spec.b_strides = {1};
        return;
    }
    const size_t rank = std::max<size_t>(out.shape.size(), 1);
    const auto describe = [&](const StoredTensor &tensor, std::vector<int> &extents,
                              std::vector<int> &strides) {
        int stride = 1;
        for (size_t i = 0; i < rank; ++i) {
            const bool present = i < tensor.shape.size();
            extents.push_back(present ? tensor.shape[tensor.shape.size() - 1 - i] : 1);
            strides.push_back(stride);
            stride *= i == 0 ? tensor.stride_c : extents.back();
        }
    };
    describe(out, spec.extents, spec.out_strides);
    describe(a, spec.a_extents, spec.a_strides);
    describe(b, spec.b_extents, spec.b_strides);
}

} // namespace octet::lower
