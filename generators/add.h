// Addition of two 8-bit tensors of different scales.
//
// The output is a function of two bytes, so lowering can prove over all 65,536 pairs that a cheap
// form equals the exact one (compiler/lower/add.cpp):
//
//   linear  q = (a * ma + b * mb + offset) >> shift, clamped
//   fine    the same with 8 more bits in ma, mb and offset: two sums, of the high and the low parts
//   table   q = table[256 a + b], where no constants of the linear form are exact
#pragma once

#include "generators/pointwise.h"

namespace octet::generators {

enum class AddForm { linear, fine, table };
NLOHMANN_JSON_SERIALIZE_ENUM(AddForm, {{AddForm::linear, "linear"},
                                       {AddForm::fine, "fine"},
                                       {AddForm::table, "table"}})

struct AddSpec {
    AddForm form = AddForm::linear;
    std::string a_type = "u8", b_type = "u8", out_type = "u8"; ///< as stored
    /// The shift and the limits are constants of the code rather than parameters.
    bool fixed = false;
    int shift = 0, lo = 0, hi = 0;
    std::vector<int> extents, out_strides; ///< innermost first
    /// An extent of 1 against a larger one of the output broadcasts.
    std::vector<int> a_extents, a_strides, b_extents, b_strides;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(AddSpec, form, a_type, b_type, out_type, fixed, shift, lo, hi,
                                   extents, out_strides, a_extents, a_strides, b_extents, b_strides)
};

/// Arguments: a, b, then linear: parameters s32[6] (ma, mb, offset, shift, lo, hi); fine:
/// parameters s32[9] (the same, then the low 8 bits of ma, mb, offset); or table u8[65536], indexed
/// by the stored bytes; output.
Pointwise add(const AddSpec &spec);

} // namespace octet::generators
