#include "tests/operators/kernels_cases.h"

#include <fmt/format.h>

namespace octet::test {

namespace {

using Outputs = std::vector<TensorId>;

/// What disappears into its neighbours, and what must not.
CaseGroup fusions() {
    CaseGroup group{"fusion", {}};
    group.add("pad_before_convolution", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.pad(g.input({1, 6, 7, 10}), {{0, 0}, {1, 2}, {3, 0}, {0, 0}});
        return {g.conv2d(x, {.stride_h = 2})};
    });
    group.add("pad_before_padded_depthwise", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.pad(g.input({1, 6, 7, 24}), {{0, 0}, {1, 1}, {1, 1}, {0, 0}});
        return {g.depthwise_conv2d(x, {.padding = {0, 1, 1, 0}})};
    });
    group.add("pad_of_channels", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.pad(g.input({1, 4, 4, 3}), {{0, 0}, {1, 1}, {0, 0}, {0, 2}});
        return {g.conv2d(x, {.kernel_h = 2, .kernel_w = 2})};
    });
    group.add("pad_with_two_readers", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.pad(g.input({1, 5, 5, 8}), {{0, 0}, {1, 1}, {1, 1}, {0, 0}});
        return {g.conv2d(x, {}), g.max_pool2d(x, {.kernel_h = 2, .kernel_w = 2})};
    });
    for (OpKind kind : {OpKind::relu, OpKind::relu6, OpKind::relu_n1_to_1}) {
        const std::string name(name_of(kind));
        group.add("convolution_" + name, [&](RandomGraph &g) -> Outputs {
            return {g.clamp(kind, g.conv2d(g.input({1, 5, 5, 8}), {}))};
        });
        group.add("clamped_add_" + name, [&](RandomGraph &g) -> Outputs {
            const TensorId x = g.input({1, 3, 3, 16});
            return {g.clamp(kind, g.add(x, g.input({1, 3, 3, 16}), Activation::relu6))};
        });
        group.add("pool_" + name, [&](RandomGraph &g) -> Outputs {
            return {
                g.clamp(kind, g.max_pool2d(g.input({1, 6, 6, 8}), {.kernel_h = 2, .kernel_w = 2}))};
        });
    }
    group.add("activation_with_two_readers", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 5, 5, 8}), {});
        return {g.add(x, g.clamp(OpKind::relu, x))};
    });
    group.add("activation_of_an_output", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 5, 5, 8}), {});
        return {x, g.clamp(OpKind::relu, x)};
    });
    group.add("concatenation_relu6", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 3, 3, 10});
        const TensorId y = g.concatenation({x, g.max_pool2d(x, {})}, 3);
        return {g.clamp(OpKind::relu6, y)};
    });
    group.add("constants", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({2, 3, 10});
        const TensorId moved = g.transpose(g.reshape(g.constant({60}), {10, 3, 2}), {2, 1, 0});
        const TensorId vector = g.clamp(OpKind::relu, g.constant({10}));
        return {g.add(g.add(x, moved), vector)};
    });
    return group;
}

/// Layouts that meet: padded channels and dense ones, views, re-biased bytes.
CaseGroup layouts() {
    CaseGroup group{"layout", {}};
    group.add("flatten_narrow", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({2, 4, 5, 3}), {.channels_out = 10});
        return {g.fully_connected(g.reshape(x, {2, 60}), {.channels_out = 12})};
    });
    group.add("flatten_aligned", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 4, 5, 8}), {.channels_out = 16});
        return {g.softmax(g.fully_connected(g.reshape(x, {1, 96}), {.channels_out = 10}), 0.1f)};
    });
    group.add("narrower_rows", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 4, 4, 8}), {.channels_out = 24});
        return {g.conv2d(g.reshape(x, {1, 2, 6, 8}), {.kernel_h = 2})};
    });
    group.add("unrelated_rows", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 4, 5, 8}), {.channels_out = 10});
        return {g.softmax(g.reshape(x, {4, 15}))};
    });
    group.add("transpose_between", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 6, 7, 8}), {.channels_out = 10});
        return {g.conv2d(g.transpose(x, {0, 2, 3, 1}), {.kernel_w = 2})};
    });
    group.add("concatenation_of_widths", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.max_pool2d(g.input({1, 6, 6, 10}), {.kernel_h = 2, .kernel_w = 2});
        const TensorId wide = g.pad(x, {{0, 0}, {0, 0}, {0, 0}, {2, 5}});
        return {g.conv2d(g.concatenation({x, wide, x}, 3), {})};
    });
    group.add("concatenation_of_scales", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 3, 3, 10});
        return {g.concatenation({x, g.pad(x, {{0, 0}, {0, 0}, {0, 0}, {0, 5}})}, 3)};
    });
    // TFLite refuses other scales, the reference does not.
    Graph &scales = group.cases.back();
    scales.tensor(scales.outputs[0]).quantization = {{0.1f}, {7}};
    group.add("views_of_the_input", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 4, 1, 12});
        return {g.squeeze(x), g.reshape(g.reshape(x, {48}), {3, 16})};
    });
    group.add("view_outlives_its_tensor", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 4, 4, 8}), {.channels_out = 16});
        const TensorId view = g.reshape(x, {4, 16});
        const TensorId sum = g.add(x, g.input({1, 2, 2, 16}));
        return {g.conv2d(sum, {.kernel_h = 1, .kernel_w = 1}), g.softmax(view)};
    });
    group.add("uint8_image", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 8, 8, 3}, DType::u8);
        const Quantization q = g.tensor(x).quantization;
        const TensorId signed_x = g.append(OpKind::quantize, {x}, DType::s8, {1, 8, 8, 3},
                                           {q.scales, {q.zero_point() - 128}});
        return {g.conv2d(signed_x, {.stride_h = 2, .stride_w = 2, .same = true})};
    });
    group.add("float_ends", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.quantize(g.input({1, 7, 7, 3}, DType::f32));
        const TensorId y = g.conv2d(x, {.channels_out = 10, .same = true});
        return {g.dequantize(g.mean(y, {1, 2})), g.dequantize(y)};
    });
    return group;
}

/// Tensors with several readers, among them the caller.
CaseGroup sharing() {
    CaseGroup group{"sharing", {}};
    group.add("output_is_consumed", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 5, 5, 10}), {.channels_out = 10});
        return {x, g.conv2d(x, {}), g.softmax(x)};
    });
    group.add("output_is_viewed", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.logistic(g.input({1, 3, 3, 16}));
        return {x, g.reshape(x, {9, 16})};
    });
    group.add("output_twice", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.max_pool2d(g.input({1, 5, 5, 10}), {.kernel_h = 2, .kernel_w = 2});
        return {x, x};
    });
    group.add("two_inputs_two_outputs", [](RandomGraph &g) -> Outputs {
        const TensorId a = g.input({1, 5, 5, 8}), b = g.input({1, 5, 5, 8});
        const TensorId x = g.conv2d(a, {.same = true}), y = g.depthwise_conv2d(b, {.same = true});
        return {g.add(x, y), g.add(g.add(a, y), x)};
    });
    group.add("residuals", [](RandomGraph &g) -> Outputs {
        TensorId x = g.input({1, 6, 6, 24});
        for (int i = 0; i < 3; ++i) {
            const TensorId wide = g.conv2d(x, {.channels_out = 48,
                                               .kernel_h = 1,
                                               .kernel_w = 1,
                                               .activation = Activation::relu6});
            const TensorId deep = g.depthwise_conv2d(wide, {.same = true});
            x = g.add(x, g.conv2d(deep, {.channels_out = 24, .kernel_h = 1, .kernel_w = 1}));
        }
        return {x};
    });
    group.add("rows_and_channels", [](RandomGraph &g) -> Outputs {
        // One reader wants few channels dense, the other padded.
        const TensorId x = g.quantize(g.input({1, 7, 7, 3}, DType::f32));
        return {g.conv2d(x, {}), g.depthwise_conv2d(x, {})};
    });
    group.add("concatenation_twice", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 4, 4, 8}), {.channels_out = 10});
        return {g.concatenation({x, x}, 3), g.concatenation({x, x, x}, 1)};
    });
    for (int seed = 1; seed <= 3; ++seed) {
        group.cases.push_back(random_network(uint32_t(seed)));
        group.cases.back().name = fmt::format("network_{}", seed);
    }
    return group;
}

} // namespace

std::vector<CaseGroup> network_cases() {
    return {fusions(), layouts(), sharing()};
}

} // namespace octet::test
