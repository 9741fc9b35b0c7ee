// Two 8-bit tensors combined element by element, other than by addition:
//
//   product  q = epilogue((a - za)(b - zb))
//   slope    q = epilogue 0 of (a - za) where that is not negative, else epilogue 1 of the product
//            (PRELU, b being the slopes)
//   minimum, maximum  of the stored bytes
//
// Operands broadcast as in generators/add.h.
#pragma once

#include "generators/numerics.h"
#include "generators/pointwise.h"

namespace octet::generators {

enum class BinaryForm { product, slope, minimum, maximum };
NLOHMANN_JSON_SERIALIZE_ENUM(BinaryForm, {{BinaryForm::product, "product"},
                                          {BinaryForm::slope, "slope"},
                                          {BinaryForm::minimum, "minimum"},
                                          {BinaryForm::maximum, "maximum"}})

struct BinarySpec {
    BinaryForm form = BinaryForm::product;
    /// As stored; of minimum and maximum all the same.
    std::string a_type = "u8", b_type = "u8", out_type = "u8";
    EpilogueSpec epilogue;                 ///< of one channel, of slope two
    std::vector<int> extents, out_strides; ///< innermost first
    /// An extent of 1 against a larger one of the output broadcasts.
    std::vector<int> a_extents, a_strides, b_extents, b_strides;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(BinarySpec, form, a_type, b_type, out_type, epilogue, extents,
                                   out_strides, a_extents, a_strides, b_extents, b_strides)
};

/// Arguments: a, b, then for product and slope zero_points s32[2] and the epilogue's; output.
Pointwise binary(const BinarySpec &spec);

} // namespace octet::generators
