// Softmax over the innermost dimension, from tables of exponentials; the arithmetic is that of
// compiler/reference/softmax.h, whose header tells the formulas.
#pragma once

#include "generators/pointwise.h"

namespace octet::generators {

struct SoftmaxSpec {
    std::string in_type = "u8", out_type = "u8"; ///< as stored
    int depth = 1, rows = 1, in_stride = 1, out_stride = 1;
    bool float32 = false; ///< the rounding mode `float`; otherwise fixed point
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(SoftmaxSpec, in_type, out_type, depth, rows, in_stride,
                                   out_stride, float32)
};

/// Arguments: input, exponentials s32[256], summands s32[256], range s32[3] (zero point, lo, hi in
/// the stored type); float32: steps f32[1] (2^-12 / output scale); output.
Pointwise softmax(const SoftmaxSpec &spec);

} // namespace octet::generators
