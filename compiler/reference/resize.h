// Which rows and columns a resized image is made of.
//
// Places are computed as TensorFlow Lite does: for the nearest pixel in single precision, for
// interpolation of quantized values with 10 fractional bits. Values are interpolated as stored, in
// 20 fractional bits, and rounded once: ties away from zero in reference and micro, to even in
// float.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::reference {

/// The input's row or column that output `index` of RESIZE_NEAREST_NEIGHBOR takes.
int nearest_place(const ResizeAttributes &attributes, int index, int in, int out);

/// Two neighbouring rows or columns, and the second one's share.
struct Interpolation {
    int first = 0, second = 0;
    int32_t share = 0; ///< in 2^-10; 0 where both are the same
};

/// What output `index` of RESIZE_BILINEAR takes of quantized values.
Interpolation interpolation(const ResizeAttributes &attributes, int index, int in, int out);

/// The stored output for a sum in 2^-20.
int32_t interpolated_value(Rounding rounding, int64_t sum);

} // namespace octet::reference
