// The opcode of an instruction: its name and the modifiers behind it.
//
// Decoders take the modifiers that they understand; what is left over makes the module fail to
// load. So no modifier is ever ignored in silence.
#pragma once

#include "types.h"

#include <string>
#include <string_view>
#include <vector>

namespace octet::ptx {

class Opcode {
public:
    explicit Opcode(std::string_view text);

    const std::string &text() const { return text_; }
    const std::string &name() const { return name_; }

    /// Removes a modifier and says whether it was there.
    bool take(std::string_view modifier);

    /// Whether a modifier is there; it stays.
    bool has(std::string_view modifier) const;

    /// Removes the first of these that is there and returns its index, or -1.
    int take_one_of(std::initializer_list<std::string_view> modifiers);

    /// Removes the first type; refused by Type{} of 0 bits if there is none.
    Type take_type();

    /// Removes the first modifier, whatever it is; empty if there is none.
    std::string take_first();

    /// What no decoder took.
    const std::vector<std::string> &rest() const { return modifiers_; }

private:
    std::string text_, name_;
    std::vector<std::string> modifiers_;
};

} // namespace octet::ptx
