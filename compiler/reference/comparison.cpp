// MINIMUM and MAXIMUM. Stored values have the order of the real ones, all of one quantization.
#include "compiler/reference/broadcast.h"

namespace octet::reference {

void minimum(const Operands &operands) {
    const auto smaller = [](auto a, auto b) { return std::min(a, b); };
    if (operands.is_float())
        combine_reals(operands, Activation::none, smaller);
    else
        combine_stored(operands, smaller);
}

void maximum(const Operands &operands) {
    const auto larger = [](auto a, auto b) { return std::max(a, b); };
    if (operands.is_float())
        combine_reals(operands, Activation::none, larger);
    else
        combine_stored(operands, larger);
}

} // namespace octet::reference
