// Average and max pooling over a window of rows and columns; mean is average pooling over all of
// them.
//
// Padded places do not count. An average is a requantization of the window's sum whose constants
// depend on how many values it has, and so, at the borders, on the position: the epilogue's
// "channels" are then output positions y * out_w + x; a single one serves kernels without padding.
#pragma once

#include "generators/numerics.h"
#include "generators/pointwise.h"

namespace octet::generators {

enum class PoolKind { average, max };
NLOHMANN_JSON_SERIALIZE_ENUM(PoolKind, {{PoolKind::average, "average"}, {PoolKind::max, "max"}})

struct Pool2dSpec {
    PoolKind kind = PoolKind::average;
    std::string in_type = "u8", out_type = "u8";
    int batch = 1, channels = 1; ///< channels as computed, padding included
    int in_h = 1, in_w = 1, out_h = 1, out_w = 1;
    std::vector<int> in_strides, out_strides; ///< of (c, x, y, n)
    int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
    int pad_top = 0, pad_left = 0;
    bool narrow_sums = false; ///< average: a window's sum of stored values fits 16 bits
    EpilogueSpec epilogue;    ///< average
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Pool2dSpec, kind, in_type, out_type, batch, channels, in_h, in_w,
                                   out_h, out_w, in_strides, out_strides, kernel_h, kernel_w,
                                   stride_h, stride_w, pad_top, pad_left, narrow_sums, epilogue)

    /// True when some window reaches beyond the input.
    bool clipped() const;
};

/// Arguments: input; average: bias s32[epilogue.channels], which centers the sum, and the
/// epilogue's constants; max: range s32[2]; output.
Pointwise pool2d(const Pool2dSpec &spec);

} // namespace octet::generators
