#include "opcode.h"

#include "text.h"

#include <algorithm>

namespace octet::ptx {

Opcode::Opcode(std::string_view text) : text_(text), modifiers_(split_list(text, '.')) {
    name_ = modifiers_.empty() ? "" : modifiers_.front();
    if (!modifiers_.empty())
        modifiers_.erase(modifiers_.begin());
}

bool Opcode::has(std::string_view modifier) const {
    return std::find(modifiers_.begin(), modifiers_.end(), modifier) != modifiers_.end();
}

bool Opcode::take(std::string_view modifier) {
    auto found = std::find(modifiers_.begin(), modifiers_.end(), modifier);
    if (found == modifiers_.end())
        return false;
    modifiers_.erase(found);
    return true;
}

int Opcode::take_one_of(std::initializer_list<std::string_view> modifiers) {
    int index = 0;
    for (std::string_view modifier : modifiers) {
        if (take(modifier))
            return index;
        index++;
    }
    return -1;
}

Type Opcode::take_type() {
    for (auto i = modifiers_.begin(); i != modifiers_.end(); ++i)
        if (auto type = parse_type(*i)) {
            modifiers_.erase(i);
            return *type;
        }
    return {};
}

std::string Opcode::take_first() {
    if (modifiers_.empty())
        return {};
    std::string first = modifiers_.front();
    modifiers_.erase(modifiers_.begin());
    return first;
}

} // namespace octet::ptx
