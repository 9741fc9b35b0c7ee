// Operators that import, check and interpret, and have no kernels yet: each is refused by name.
#include "compiler/lower/lower.h"
#include "compiler/support/error.h"

namespace octet::lower {

namespace {

[[noreturn]] void refuse(const Operator &op) {
    throw MissingKernel("operator {} ({}): there are no kernels for it; replace it in the network", op.name,
                tflite_name_of(op.kind));
}

} // namespace

void transpose_conv2d(Builder &, const Operator &op) {
    refuse(op);
}

} // namespace octet::lower
