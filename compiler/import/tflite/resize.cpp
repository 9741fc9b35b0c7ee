// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
#include "compiler/import/tflite/operator_reader.h"

namespace octet::tflite {

namespace {

// The size is an input, and must be the output's.
template <typename Options>
void import_resize(OperatorReader &reader) {
    reader.operands(2, 2);
    reader.rank(reader.output(), 4);
    const Shape &out = reader.output().shape;
    const std::vector<int64_t> size = reader.integers(1, "size");
    if (size.size() != 2 || size[0] != out[1] || size[1] != out[2])
        reader.fail("its size is {}; its output is {}, convert the network again",
                    fmt::join(size, "x"), to_string(out));
    ResizeAttributes a;
    if (const auto *o = reader.optional_options<Options>()) {
        a.align_corners = o->align_corners();
        a.half_pixel_centers = o->half_pixel_centers();
    }
    reader.keep_inputs(1);
    reader.set(a);
}

} // namespace

void import_resize_bilinear(OperatorReader &reader) {
    import_resize<schema::ResizeBilinearOptions>(reader);
}
void import_resize_nearest(OperatorReader &reader) {
    import_resize<schema::ResizeNearestNeighborOptions>(reader);
}

} // namespace octet::tflite
