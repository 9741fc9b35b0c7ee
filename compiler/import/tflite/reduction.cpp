// AVERAGE_POOL_2D, MAX_POOL_2D and MEAN.
#include "compiler/import/tflite/operator_reader.h"

#include <algorithm>

namespace octet::tflite {

namespace {

void import_pool2d(OperatorReader &reader) {
    reader.operands(1, 1);
    const auto &o = reader.options<schema::Pool2DOptions>();
    Pool2dAttributes a;
    a.kernel_h = o.filter_height();
    a.kernel_w = o.filter_width();
    a.stride_h = o.stride_h();
    a.stride_w = o.stride_w();
    a.padding =
        reader.padding(o.padding(), reader.input(), a.kernel_h, a.kernel_w, a.stride_h, a.stride_w);
    a.activation = reader.activation(o.fused_activation_function());
    reader.set(a);
}

} // namespace

void import_average_pool2d(OperatorReader &reader) {
    import_pool2d(reader);
}
void import_max_pool2d(OperatorReader &reader) {
    import_pool2d(reader);
}

void import_mean(OperatorReader &reader) {
    reader.operands(2, 2);
    MeanAttributes a;
    for (int64_t axis : reader.integers(1, "axes"))
        a.axes.push_back(reader.axis(axis, reader.input().shape.size()));
    std::sort(a.axes.begin(), a.axes.end());
    a.axes.erase(std::unique(a.axes.begin(), a.axes.end()), a.axes.end());
    if (const auto *o = reader.optional_options<schema::ReducerOptions>())
        a.keep_dims = o->keep_dims();
    reader.keep_inputs(1);
    reader.set(a);
}

} // namespace octet::tflite
