// PTX text to a Module: directives, kernels, variables. Refuses by PtxError, with the line.
#pragma once

#include "program.h"

#include <functional>
#include <string_view>

namespace octet::ptx {

/// Gives a variable of the module its device address; called before a kernel can name it.
using PlaceVariable = std::function<uint64_t(const Variable &)>;

Module parse_module(std::string_view ptx, const PlaceVariable &place);

} // namespace octet::ptx
