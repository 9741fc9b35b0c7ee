#include "tests/operators/kernels_cases.h"

#include <fmt/format.h>

namespace octet::test {

namespace {

// Around the multiples of channel padding (16) and of a dot product (4).
constexpr int channel_counts[] = {1, 3, 8, 10, 16, 24, 96};

Activation activation(int i) {
    return Activation(i % 4);
}

/// Every count of channels with every kernel width, heights and strides alongside.
CaseGroup plain_convolutions() {
    CaseGroup group{"conv2d", {}};
    for (int i = 0; i < 28; ++i) {
        const int channels_in = channel_counts[i % 7],
                  channels_out = channel_counts[(i * 3 + 1) % 7];
        const int kernel_w = 1 + i % 7, kernel_h = 1 + (i / 4) % 7;
        ConvolutionOptions o{.channels_out = channels_out,
                             .kernel_h = kernel_h,
                             .kernel_w = kernel_w,
                             .stride_h = 1 + i % 3,
                             .stride_w = 1 + (i / 2) % 3,
                             .same = i % 2 == 0,
                             .activation = activation(i),
                             .per_channel = i % 5 != 0,
                             .bias = i % 6 != 5};
        group.add(fmt::format("c{}to{}_k{}x{}_s{}x{}_{}", channels_in, channels_out, kernel_h,
                              kernel_w, o.stride_h, o.stride_w, o.same ? "same" : "valid"),
                  [&](RandomGraph &g) -> std::vector<TensorId> {
                      const TensorId x = g.input({1 + i % 3, 7 + i % 4, 7 + i % 5, channels_in});
                      return {g.conv2d(x, o)};
                  });
    }
    return group;
}

CaseGroup special_convolutions() {
    CaseGroup group{"conv2d_special", {}};
    const auto add = [&](const std::string &name, Shape in, const ConvolutionOptions &o,
                         DType dtype = DType::s8) {
        group.add(name, [&](RandomGraph &g) -> std::vector<TensorId> {
            return {g.conv2d(g.input(in, dtype), o)};
        });
    };
    add("pointwise_1001", {1, 2, 3, 24}, {.channels_out = 1001, .kernel_h = 1, .kernel_w = 1});
    add("pointwise_strided", {2, 7, 8, 32},
        {.channels_out = 16, .kernel_h = 1, .kernel_w = 1, .stride_h = 2, .stride_w = 3});
    add("dilated_2x3", {1, 11, 12, 16}, {.dilation_h = 2, .dilation_w = 3, .same = true});
    add("dilated_rows", {1, 11, 9, 3}, {.dilation_h = 3, .same = true});
    add("dilated_columns_few", {1, 9, 11, 3}, {.dilation_w = 2});
    add("groups_2", {1, 6, 7, 24}, {.channels_out = 48, .groups = 2, .same = true});
    add("groups_4_narrow", {2, 6, 6, 8}, {.channels_out = 12, .groups = 4});
    add("groups_all", {1, 6, 5, 10}, {.channels_out = 20, .groups = 10});
    add("uneven_padding", {1, 5, 6, 10}, {.kernel_w = 5, .padding = {2, 0, 1, 4}});
    add("padding_pointwise", {1, 4, 5, 16},
        {.kernel_h = 3, .kernel_w = 1, .padding = {2, 2, 0, 0}});
    add("one_pixel", {1, 1, 1, 96}, {.channels_out = 10, .same = true});
    add("long_row", {1, 1, 250, 3}, {.channels_out = 8, .kernel_h = 1, .kernel_w = 5});
    add("uint8", {1, 6, 7, 10}, {.channels_out = 10, .same = true}, DType::u8);
    add("uint8_rows", {1, 6, 7, 3}, {.channels_out = 16, .stride_w = 2}, DType::u8);
    return group;
}

CaseGroup depthwise_convolutions() {
    CaseGroup group{"depthwise_conv2d", {}};
    for (int i = 0; i < 21; ++i) {
        const int channels = channel_counts[i % 7];
        const int multiplier = i % 3 == 0 && channels <= 24 ? 1 + i % 8 : 1;
        ConvolutionOptions o{.multiplier = multiplier,
                             .kernel_h = 1 + i % 7,
                             .kernel_w = 1 + (i / 3) % 7,
                             .stride_h = 1 + i % 3,
                             .stride_w = 1 + (i / 2) % 3,
                             .same = i % 2 == 1,
                             .activation = activation(i + 1),
                             .per_channel = i % 4 != 0,
                             .bias = i % 5 != 4};
        group.add(fmt::format("c{}_m{}_k{}x{}_s{}x{}_{}", channels, multiplier, o.kernel_h,
                              o.kernel_w, o.stride_h, o.stride_w, o.same ? "same" : "valid"),
                  [&](RandomGraph &g) -> std::vector<TensorId> {
                      const TensorId x = g.input({1 + i % 3, 7 + i % 4, 7 + i % 6, channels});
                      return {g.depthwise_conv2d(x, o)};
                  });
    }
    group.add("dilated", [](RandomGraph &g) -> std::vector<TensorId> {
        return {g.depthwise_conv2d(g.input({1, 11, 12, 24}),
                                   {.dilation_h = 3, .dilation_w = 2, .same = true})};
    });
    group.add("uint8", [](RandomGraph &g) -> std::vector<TensorId> {
        return {g.depthwise_conv2d(g.input({1, 7, 7, 10}, DType::u8), {.same = true})};
    });
    return group;
}

CaseGroup fully_connected_layers() {
    CaseGroup group{"fully_connected", {}};
    const auto add = [&](const std::string &name, Shape in, const FullyConnectedOptions &o,
                         DType dtype = DType::s8) {
        group.add(name, [&](RandomGraph &g) -> std::vector<TensorId> {
            return {g.fully_connected(g.input(in, dtype), o)};
        });
    };
    add("c1to1", {1, 1}, {.channels_out = 1});
    add("c3to10", {2, 3}, {.channels_out = 10, .activation = Activation::relu});
    add("c10to3", {3, 10}, {.channels_out = 3, .bias = false});
    add("c96to1001", {1, 96}, {.channels_out = 1001, .per_channel = true});
    add("c1001to10", {2, 1001}, {.channels_out = 10});
    add("c256to256", {1, 256}, {.channels_out = 256, .activation = Activation::relu6});
    add("flat_image", {1, 3, 5, 24}, {.channels_out = 12});
    add("flat_batch", {3, 2, 3, 10}, {.channels_out = 16, .per_channel = true});
    add("flat_batch_aligned", {2, 3, 1, 16}, {.channels_out = 8});
    add("keep_dims", {2, 3, 5, 10}, {.channels_out = 7, .keep_dims = true});
    add("many_rows", {65, 8}, {.channels_out = 8, .activation = Activation::relu_n1_to_1});
    add("uint8", {2, 20}, {.channels_out = 9}, DType::u8);
    return group;
}

/// Multipliers above 1, so small that every output is the zero point, and zero points at the ends.
CaseGroup far_scales() {
    CaseGroup group{"far_scales", {}};
    int i = 0;
    for (const float factor : {1.0f / 4096, 1.0f / 256, 1.0f, 1024.0f, 1e9f})
        for (const int32_t zero_point : {-128, 0, 127}) {
            const std::string name = fmt::format("scale_{}_zero_{}", ++i, zero_point + 128);
            group.add(name, [&](RandomGraph &g) -> std::vector<TensorId> {
                const TensorId x = g.input({1, 5, 5, 16});
                if (i % 3 == 0)
                    return {g.depthwise_conv2d(x, {.activation = activation(i)})};
                if (i % 3 == 1)
                    return {g.conv2d(x, {.activation = activation(i)})};
                return {g.fully_connected(g.reshape(x, {25, 16}), {.activation = activation(i)})};
            });
            Graph &graph = group.cases.back();
            Quantization &in = graph.tensor(graph.operators.back().inputs[0]).quantization;
            Quantization &out = graph.tensor(graph.outputs[0]).quantization;
            in.zero_points = {zero_point};
            graph.tensor(graph.inputs[0]).quantization = in;
            out = {{out.scale() * factor}, {-1 - zero_point}};
            check(graph);
        }
    return group;
}

} // namespace

std::vector<CaseGroup> convolution_cases() {
    return {plain_convolutions(), special_convolutions(), depthwise_convolutions(),
            fully_connected_layers(), far_scales()};
}

} // namespace octet::test
