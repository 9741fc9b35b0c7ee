// The arena drawn: time from left to right, addresses from bottom to top, one rectangle per tensor.
//
// It shows at a glance which moment sets the arena's size and what the plan wastes there.
#pragma once

#include "compiler/lower/program.h"

#include <string>

namespace octet::report {

/// The calls between which a tensor in the arena holds its value, inclusive.
struct Lifetime {
    int first = -1, last = -1; ///< -1: no call touches the tensor
};

/// One entry per tensor of the program.
std::vector<Lifetime> lifetimes(const lower::Program &program);

/// One SVG element for each arena; hovering over a rectangle names its tensor, shape, bytes and calls.
std::string memory_map(const lower::Program &program);

/// `text` with <, >, &, and quotes escaped for HTML and SVG.
std::string escape(std::string_view text);

/// "1.5 MB" and the like: three digits, powers of 1000.
std::string human_bytes(uint64_t bytes);

} // namespace octet::report
