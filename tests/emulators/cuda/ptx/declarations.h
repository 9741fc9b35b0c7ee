// PTX declarations: variables, parameters, registers, limits of a kernel.
#pragma once

#include "program.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace octet::ptx {

struct Declaration {
    std::string name;
    Space space = Space::Generic;
    Type type;
    int align = 1;
    int bytes = 0;
    bool is_open = false; ///< An array without a size, [].
    std::string initializer;
};

/// ".global .align 4 .b8 name[16] = {1, 2}" and the like; .visible, .extern and .ptr are read over.
Declaration parse_declaration(std::string_view text, int line);

/// The bytes of a variable: its initializer, then zeros.
std::vector<uint8_t> initial_bytes(const Declaration &declaration, int line);

/// ".reg .b32 %r<10>, %x": the names with their bits, 1 for a predicate.
std::vector<std::pair<std::string, int>> parse_registers(std::string_view text, int line);

/// The threads of a block that .maxntid or .reqntid allow; 1024 without them.
int max_threads(std::string_view directives);

} // namespace octet::ptx
