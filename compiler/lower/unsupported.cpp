// Operators that import, check and interpret, and have no kernels yet: each is refused by name.
#include "compiler/lower/lower.h"
#include "compiler/support/error.h"

namespace octet::lower {

namespace {

[[noreturn]] void refuse(const Operator &op) {
    throw Error("operator {} ({}): there are no kernels for it; replace it in the network", op.name,
                tflite_name_of(op.kind));
}

} // namespace

void minimum(Builder &, const Operator &op) {
    refuse(op);
}
void maximum(Builder &, const Operator &op) {
    refuse(op);
}
void mul(Builder &, const Operator &op) {
    refuse(op);
}
void prelu(Builder &, const Operator &op) {
    refuse(op);
}
void resize_bilinear(Builder &, const Operator &op) {
    refuse(op);
}
void resize_nearest(Builder &, const Operator &op) {
    refuse(op);
}
void slice(Builder &, const Operator &op) {
    refuse(op);
}
void sub(Builder &, const Operator &op) {
    refuse(op);
}
void transpose_conv2d(Builder &, const Operator &op) {
    refuse(op);
}

} // namespace octet::lower
