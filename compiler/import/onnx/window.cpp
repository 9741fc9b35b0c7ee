#include "compiler/import/onnx/window.h"

#include <algorithm>

namespace octet::onnx {

namespace {

void resolve_padding(const Node &node, const std::string &word, int extent, WindowAxis &axis) {
    if (word == "VALID" || word == "NOTSET")
        return;
    if (word != "SAME_UPPER" && word != "SAME_LOWER")
        node.fail("its auto_pad is '{}'; use NOTSET, VALID, SAME_UPPER or SAME_LOWER", word);
    const int64_t output = (int64_t(extent) + axis.stride - 1) / axis.stride;
    const auto total =
        int(std::max<int64_t>(0, (output - 1) * axis.stride + axis.covered() - extent));
    // The odd element lies at the end for UPPER and at the beginning for LOWER.
    axis.before = word == "SAME_UPPER" ? total / 2 : total - total / 2;
    axis.after = total - axis.before;
}

} // namespace

Window read_window(const Node &node, const Shape &shape, const std::vector<int64_t> &kernel_shape) {
    const size_t axes = shape.size() - 2;
    const std::vector<int64_t> ones(axes, 1);
    const auto strides = node.integers("strides", ones),
               dilations = node.integers("dilations", ones);
    const auto pads = node.integers("pads", std::vector<int64_t>(2 * axes, 0));
    if (kernel_shape.size() != axes || strides.size() != axes || dilations.size() != axes ||
        pads.size() != 2 * axes)
        node.fail("its kernel, strides, dilations and pads have {}, {}, {} and {} elements; an "
                  "input of {} needs {}, {}, {} and {}",
                  kernel_shape.size(), strides.size(), dilations.size(), pads.size(),
                  to_string(shape), axes, axes, axes, 2 * axes);
    const std::string word = node.text("auto_pad", "NOTSET");
    Window window;
    for (size_t i = 0; i < axes; i++) {
        WindowAxis &axis = i + 1 == axes ? window.w : window.h;
        axis.kernel = node.bounded(kernel_shape[i], 1, "kernel");
        axis.stride = node.bounded(strides[i], 1, "stride");
        axis.dilation = node.bounded(dilations[i], 1, "dilation");
        if (int64_t(axis.kernel) * axis.dilation > 1 << 24)
            node.fail("its kernel of {} by steps of {} is too large; at most 2^24 are supported",
                      axis.kernel, axis.dilation);
        axis.before = node.bounded(pads[i], 0, "padding");
        axis.after = node.bounded(pads[axes + i], 0, "padding");
        resolve_padding(node, word, shape[2 + i], axis);
    }
    return window;
}

int output_extent(const Node &node, int input, WindowAxis &axis, bool ceil_mode) {
    const int64_t padded = int64_t(input) + axis.before + axis.after, covered = axis.covered();
    if (padded < covered)
        node.fail("its kernel covers {} elements; the padded input has only {}", covered, padded);
    int64_t output = (padded - covered) / axis.stride + 1;
    if (ceil_mode && (output - 1) * axis.stride + covered < padded) {
        // One more window, unless it would begin in the padding behind the input.
        if (output * axis.stride < int64_t(input) + axis.before) {
            axis.after += int(output * axis.stride + covered - padded);
            output++;
        }
    }
    return int(output);
}

Axes image_order(size_t rank) {
    return rank == 4 ? Axes{0, 2, 3, 1} : Axes{0, -1, 2, 1};
}

TensorId image_input(const Node &node, size_t i) {
    const Value &value = node.input(i);
    node.need_rank(value, 3, 4);
    return node.builder().stored(value, image_order(value.rank()));
}

void set_image_output(const Node &node, TensorId tensor, size_t rank) {
    const Shape &nhwc = node.builder().tensor(tensor).shape;
    Shape shape = {nhwc[0], nhwc[3], nhwc[1], nhwc[2]};
    if (rank == 3)
        shape.erase(shape.begin() + 2);
    node.set_output(tensor, shape, channels_last(rank));
}

TensorId zero_padded(const Node &node, TensorId image, const Padding &padding) {
    if (!padding.any())
        return image;
    Shape shape = node.builder().tensor(image).shape;
    shape[1] += padding.top + padding.bottom;
    shape[2] += padding.left + padding.right;
    const PadAttributes attributes{
        {{0, 0}, {padding.top, padding.bottom}, {padding.left, padding.right}, {0, 0}}};
    return node.builder().emit(OpKind::pad, "_pad", {image}, attributes, shape);
}

} // namespace octet::onnx
