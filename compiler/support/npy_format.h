// What reading and writing .npy files share: the magic string and numpy's names of the types.
#pragma once

#include "compiler/graph/graph.h"

namespace octet::npy {

inline constexpr std::string_view magic("\x93NUMPY", 6);

struct TypeName {
    DType dtype;
    std::string_view name; ///< numpy's type string, little endian
};
inline constexpr TypeName type_names[] = {
    {DType::f32, "<f4"}, {DType::s8, "|i1"},  {DType::u8, "|u1"},     {DType::s16, "<i2"},
    {DType::s32, "<i4"}, {DType::s64, "<i8"}, {DType::boolean, "|b1"}};

} // namespace octet::npy
