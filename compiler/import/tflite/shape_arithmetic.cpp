// SHAPE, STRIDED_SLICE and PACK, which compute shapes and are folded.
#include "compiler/import/tflite/operator_reader.h"

namespace octet::tflite {

void import_shape(OperatorReader &) {}

void import_strided_slice(OperatorReader &reader) {
    const auto &o = reader.options<schema::StridedSliceOptions>();
    if (o.offset())
        reader.fail("its end counts from its begin; give absolute ends instead");
    reader.set(StridedSliceAttributes{o.begin_mask(), o.end_mask(), o.ellipsis_mask(),
                                      o.new_axis_mask(), o.shrink_axis_mask()});
}

void import_pack(OperatorReader &reader) {
    reader.variadic();
    const auto &o = reader.options<schema::PackOptions>();
    reader.set(PackAttributes{reader.axis(o.axis(), reader.output().shape.size())});
}

} // namespace octet::tflite
