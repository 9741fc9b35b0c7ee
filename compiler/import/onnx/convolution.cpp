// Conv and ConvTranspose.
#include "compiler/import/onnx/window.h"

#include <algorithm>

namespace octet::onnx {

namespace {

const Tensor &weights_of(const Node &node) {
    const Value &value = node.input(1);
    if (!value.is_constant())
        node.fail("its weights are computed at run time; only constants are supported");
    if (value.rank() != node.input(0).rank())
        node.fail("its weights are {} beside an input of {}; they must have as many dimensions",
                  to_string(value.shape()), to_string(node.input(0).shape()));
    return *value.constant;
}

/// Operands of a convolution: the image, the weights in `order` and the bias if there is one.
std::vector<TensorId> operands(const Node &node, TensorId image, const Tensor &weights,
                               const Axes &order) {
    std::vector<TensorId> result = {image, node.builder().add_constant(permuted(weights, order))};
    if (node.has_input(2)) {
        if (!node.input(2).is_constant())
            node.fail("its bias is computed at run time; only constants are supported");
        result.push_back(node.builder().add_constant(*node.input(2).constant));
    }
    return result;
}

std::vector<int64_t> extents_behind(const Shape &shape, size_t skipped) {
    return {shape.begin() + std::ptrdiff_t(skipped), shape.end()};
}

/// Padding as wide as the kernel leaves windows without an element; such padding becomes a PAD.
TensorId narrow_padding(const Node &node, TensorId image, Window &window) {
    Padding outside;
    if (std::max(window.h.before, window.h.after) >= window.h.covered()) {
        outside.top = std::exchange(window.h.before, 0);
        outside.bottom = std::exchange(window.h.after, 0);
    }
    if (std::max(window.w.before, window.w.after) >= window.w.covered()) {
        outside.left = std::exchange(window.w.before, 0);
        outside.right = std::exchange(window.w.after, 0);
    }
    return zero_padded(node, image, outside);
}

template <typename Attributes>
Attributes window_attributes(const Window &window) {
    Attributes a;
    a.stride_h = window.h.stride;
    a.stride_w = window.w.stride;
    a.dilation_h = window.h.dilation;
    a.dilation_w = window.w.dilation;
    a.padding = window.padding();
    return a;
}

/// ConvTranspose's weights with the dilation's and the groups' zeros written out: (c_in, c_out,
/// ...) of all channels, which Octet's operator has no attributes for.
Tensor dense_weights(const Node &node, const Tensor &grouped, int groups, const Window &window) {
    if (groups == 1 && window.h.dilation == 1 && window.w.dilation == 1)
        return grouped;
    const bool flat = grouped.shape.size() == 3;
    const Tensor source = real(grouped);
    const int c_in = source.shape[0], per_group = source.shape[1];
    const int k_h = window.h.kernel, k_w = window.w.kernel;
    const int h = window.h.covered(), w = window.w.covered(), c_out = per_group * groups;
    Tensor sized = source;
    sized.shape = flat ? Shape{c_in, c_out, w} : Shape{c_in, c_out, h, w};
    if (double(c_in) * c_out * h * w > double(1 << 28))
        node.fail("its weights, written out for {} groups, have more than 2^28 elements; use fewer "
                  "groups",
                  groups);
    node.builder().spend(sized.bytes());
    std::vector<float> values(size_t(sized.elements()), 0.0f);
    const auto stored = source.values<float>();
    size_t from = 0;
    for (int ci = 0; ci < c_in; ci++)
        for (int co = 0; co < per_group; co++)
            for (int y = 0; y < k_h; y++)
                for (int x = 0; x < k_w; x++) {
                    const int channel = ci / (c_in / groups) * per_group + co;
                    const int64_t row = (int64_t(ci) * c_out + channel) * h + y * window.h.dilation;
                    values[size_t(row * w + x * window.w.dilation)] = stored[from++];
                }
    return constant_of(sized.shape, values);
}

/// Padding and output extent of a transposed convolution along one axis.
int transposed_extent(const Node &node, int input, size_t i, size_t axes, WindowAxis &axis) {
    const auto extra = node.integers("output_padding", std::vector<int64_t>(axes, 0));
    const auto wanted = node.integers("output_shape");
    if (extra.size() != axes || (!wanted.empty() && wanted.size() < axes))
        node.fail("its output_padding or output_shape has not one element per axis; give {}", axes);
    const int more = node.bounded(extra[i], 0, "output_padding");
    const int64_t full = int64_t(axis.stride) * (input - 1) + more + axis.covered();
    const std::string word = node.text("auto_pad", "NOTSET");
    int64_t output = full - axis.before - axis.after;
    const bool same = word == "SAME_UPPER" || word == "SAME_LOWER";
    if (!wanted.empty() || same) {
        output = wanted.empty() ? int64_t(input) * axis.stride : wanted[wanted.size() - axes + i];
        const int64_t total = std::max<int64_t>(0, full - output);
        axis.before = int(word == "SAME_UPPER" ? total / 2 : total - total / 2);
    }
    return node.bounded(output, 1, "output's extent");
}

} // namespace

void import_conv(Node &node) {
    node.need_inputs(2, 3);
    TensorId image = image_input(node);
    const Tensor &weights = weights_of(node);
    const Shape &shape = node.input(0).shape();
    const bool flat = shape.size() == 3;
    Window window = read_window(node, shape, extents_behind(weights.shape, 2));
    if (node.has("kernel_shape") &&
        node.integers("kernel_shape") != extents_behind(weights.shape, 2))
        node.fail("its kernel_shape is not that of its weights, {}; export the network again",
                  to_string(weights.shape));
    image = narrow_padding(node, image, window);
    const int channels = shape[1], c_out = weights.shape[0];
    const int groups = node.bounded(node.integer("group", 1), 1, "group");
    if (int64_t(weights.shape[1]) * groups != channels || c_out % groups)
        node.fail("its input has {} channels, its weights are {} in {} groups; the input must have "
                  "groups times the weights' second extent, and groups must divide the first",
                  channels, to_string(weights.shape), groups);
    const Shape in = node.builder().tensor(image).shape;
    const int height = output_extent(node, in[1], window.h);
    const Shape out = {in[0], height, output_extent(node, in[2], window.w), c_out};
    TensorId result = no_tensor;
    if (groups == channels && weights.shape[1] == 1 && groups > 1) {
        auto a = window_attributes<DepthwiseConv2dAttributes>(window);
        a.multiplier = c_out / channels;
        const Axes order = flat ? Axes{1, -1, 2, 0} : Axes{1, 2, 3, 0};
        result = node.builder().emit(OpKind::depthwise_conv2d, "",
                                     operands(node, image, weights, order), a, out);
    } else {
        auto a = window_attributes<Conv2dAttributes>(window);
        a.groups = groups;
        const Axes order = flat ? Axes{0, -1, 2, 1} : Axes{0, 2, 3, 1};
        result =
            node.builder().emit(OpKind::conv2d, "", operands(node, image, weights, order), a, out);
    }
    set_image_output(node, result, shape.size());
}

void import_conv_transpose(Node &node) {
    node.need_inputs(2, 3);
    const TensorId image = image_input(node);
    const Tensor &grouped = weights_of(node);
    const Shape &shape = node.input(0).shape();
    const bool flat = shape.size() == 3;
    Window window = read_window(node, shape, extents_behind(grouped.shape, 2));
    const int groups = node.bounded(node.integer("group", 1), 1, "group");
    if (grouped.shape[0] != shape[1] || shape[1] % groups)
        node.fail("its input has {} channels, its weights are {} in {} groups; the weights' first "
                  "extent must be the channels, and groups must divide it",
                  shape[1], to_string(grouped.shape), groups);
    const Tensor weights = dense_weights(node, grouped, groups, window);
    const Shape in = node.builder().tensor(image).shape;
    const size_t axes = shape.size() - 2;
    const int height = flat ? 1 : transposed_extent(node, in[1], 0, axes, window.h);
    const int width = transposed_extent(node, in[2], axes - 1, axes, window.w);
    // Padding of as much as the kernel or more cuts whole rows off the output.
    if (window.h.before >= window.h.covered() || window.w.before >= window.w.covered())
        node.fail("its padding is {} and {}; it must be smaller than the kernel", window.h.before,
                  window.w.before);
    TransposeConv2dAttributes a;
    a.stride_h = window.h.stride;
    a.stride_w = window.w.stride;
    a.padding = {window.h.before, 0, window.w.before, 0};
    const Axes order = flat ? Axes{1, -1, 2, 0} : Axes{1, 2, 3, 0};
    set_image_output(node,
                     node.builder().emit(OpKind::transpose_conv2d, "",
                                         operands(node, image, weights, order), a,
                                         Shape{in[0], height, width, weights.shape[1]}),
                     shape.size());
}

} // namespace octet::onnx
