// AveragePool, MaxPool and their global forms.
#include "compiler/import/onnx/window.h"

#include <algorithm>

namespace octet::onnx {

namespace {

void import_pool(Node &node, OpKind kind) {
    node.need_inputs(1, 1);
    TensorId image = image_input(node);
    const Shape &shape = node.input(0).shape();
    Window window = read_window(node, shape, node.integers("kernel_shape"));
    if (window.h.dilation != 1 || window.w.dilation != 1)
        node.fail("its dilations are {} and {}; pools without dilation are supported",
                  window.h.dilation, window.w.dilation);
    if (node.has_output(1))
        node.fail("it has the indices of its maxima as an output; remove it");
    const Shape in = node.builder().tensor(image).shape;
    const Padding padding = window.padding();
    const bool ceil_mode = node.integer("ceil_mode", 0) != 0;
    const int height = output_extent(node, in[1], window.h, ceil_mode);
    const int width = output_extent(node, in[2], window.w, ceil_mode);
    // Octet's averages leave padding out; where it counts, it becomes part of the input. What
    // windows reach beyond it with ceil_mode never counts.
    if (kind == OpKind::average_pool2d && node.integer("count_include_pad", 0)) {
        image = zero_padded(node, image, padding);
        window.h.before = window.w.before = 0;
        window.h.after -= padding.bottom;
        window.w.after -= padding.right;
    }
    Pool2dAttributes a;
    a.kernel_h = window.h.kernel;
    a.kernel_w = window.w.kernel;
    a.stride_h = window.h.stride;
    a.stride_w = window.w.stride;
    a.padding = window.padding();
    set_image_output(node,
                     node.builder().emit(kind, "", {image}, a, Shape{in[0], height, width, in[3]}),
                     shape.size());
}

} // namespace

void import_average_pool(Node &node) {
    import_pool(node, OpKind::average_pool2d);
}
void import_max_pool(Node &node) {
    import_pool(node, OpKind::max_pool2d);
}

void import_global_average_pool(Node &node) {
    node.need_inputs(1, 1);
    const TensorId image = image_input(node);
    const Shape in = node.builder().tensor(image).shape;
    set_image_output(node,
                     node.builder().emit(OpKind::mean, "", {image}, MeanAttributes{{1, 2}, true},
                                         Shape{in[0], 1, 1, in[3]}),
                     node.input(0).rank());
}

void import_global_max_pool(Node &node) {
    node.need_inputs(1, 1);
    const TensorId image = image_input(node);
    const Shape in = node.builder().tensor(image).shape;
    Pool2dAttributes a;
    a.kernel_h = in[1];
    a.kernel_w = in[2];
    set_image_output(
        node, node.builder().emit(OpKind::max_pool2d, "", {image}, a, Shape{in[0], 1, 1, in[3]}),
        node.input(0).rank());
}

} // namespace octet::onnx
