// Real to stored and stored to real, element by element; the definitions of
// compiler/reference/quantize.h in float32, where nothing may be reordered or fused.
#pragma once

#include "generators/pointwise.h"

namespace octet::generators {

struct QuantizeSpec {
    std::string type = "u8";                           ///< of the 8-bit side, as stored
    bool half_even = false;                            ///< ties to even, else away from zero
    std::vector<int> extents, in_strides, out_strides; ///< innermost first
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(QuantizeSpec, type, half_even, extents, in_strides, out_strides)
};

/// q = clamp(zero point + round(x / scale)). Arguments: input f32, scale f32[1], range s32[3] (zero
/// point, lo, hi in the stored type); output.
Pointwise quantize(const QuantizeSpec &spec);

/// x = scale * (q - zero point). Arguments: input, scale f32[1], range s32[3]; output f32.
Pointwise dequantize(const QuantizeSpec &spec);

} // namespace octet::generators
