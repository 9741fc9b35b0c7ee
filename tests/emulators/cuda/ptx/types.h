// The types of PTX instructions: a kind and a number of bits.
//
// Registers have a width only. Every instruction says how it reads them, so the kind of a
// register's declaration (.f32, .b32, .s32) is of no consequence, except that predicates are apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace octet::ptx {

enum class Kind : uint8_t { Bits, Unsigned, Signed, Float, Predicate };

struct Type {
    Kind kind = Kind::Bits;
    int bits = 0;

    bool operator==(const Type &) const = default;
    int bytes() const { return bits / 8; }
    bool is_float() const { return kind == Kind::Float; }
    bool is_signed() const { return kind == Kind::Signed; }
    bool is_predicate() const { return kind == Kind::Predicate; }
};

/// "s32" as a type; nothing if the name is none. Packed types (f16x2, bf16) are not among them.
inline std::optional<Type> parse_type(std::string_view name) {
    if (name == "pred")
        return Type{Kind::Predicate, 1};
    const std::string_view kinds = "busf";
    size_t kind = name.empty() ? kinds.npos : kinds.find(name[0]);
    if (kind == kinds.npos)
        return {};
    for (int bits : {8, 16, 32, 64})
        if (name.substr(1) == (bits == 8 ? "8" : bits == 16 ? "16" : bits == 32 ? "32" : "64"))
            return Type{static_cast<Kind>(kind), bits};
    return {};
}

} // namespace octet::ptx
