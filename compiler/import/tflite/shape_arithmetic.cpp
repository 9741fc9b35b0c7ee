// SHAPE and PACK, which compute shapes and are folded.
#include "compiler/import/tflite/operator_reader.h"

namespace octet::tflite {

void import_shape(OperatorReader &) {}

void import_pack(OperatorReader &reader) {
    reader.variadic();
    const auto &o = reader.options<schema::PackOptions>();
    reader.set(PackAttributes{reader.axis(o.axis(), reader.output().shape.size())});
}

} // namespace octet::tflite
