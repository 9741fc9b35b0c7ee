// Unary operators from 8 bits to 8 bits as a table of their 256 results: logistic, relu,
// requantization.
#pragma once

#include "generators/pointwise.h"

namespace octet::generators {

struct LookupSpec {
    std::vector<int> extents, in_strides, out_strides; ///< innermost first
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(LookupSpec, extents, in_strides, out_strides)
};

/// Arguments: input, table u8[256] (entry i for the stored byte i); output. All bytes.
Pointwise lookup(const LookupSpec &spec);

} // namespace octet::generators
