#include "tests/operators/kernels_cases.h"

#include <fmt/format.h>

namespace octet::test {

namespace {

using Outputs = std::vector<TensorId>;

CaseGroup additions() {
    CaseGroup group{"add", {}};
    const auto add = [&](const std::string &name, Shape a, Shape b, DType dtype = DType::s8) {
        group.add(name, [&](RandomGraph &g) -> Outputs {
            const TensorId x = g.input(a, dtype);
            return {g.add(x, g.input(b, dtype), Activation(g.uniform(0, 3)))};
        });
    };
    add("same", {1, 5, 4, 24}, {1, 5, 4, 24});
    add("narrow", {2, 3, 3, 10}, {2, 3, 3, 10});
    add("per_channel", {2, 4, 3, 10}, {1, 1, 1, 10});
    add("per_channel_rank_1", {2, 4, 3, 24}, {24});
    add("per_pixel", {1, 4, 3, 24}, {1, 4, 3, 1});
    add("per_image", {3, 2, 3, 16}, {3, 1, 1, 16});
    add("scalar", {2, 3, 8}, {1});
    add("vector", {1001}, {1001});
    add("uint8", {1, 3, 5, 10}, {1, 3, 5, 10}, DType::u8);
    group.add("first_operand_narrower", [](RandomGraph &g) -> Outputs {
        const TensorId wide = g.input({1, 4, 4, 24}), narrow = g.input({1, 1, 1, 24});
        // RandomGraph takes the output's shape from its first operand.
        const Quantization q = g.tensor(wide).quantization;
        return {
            g.append(OpKind::add, {narrow, wide}, DType::s8, {1, 4, 4, 24}, q, AddAttributes{})};
    });
    group.add("constant", [](RandomGraph &g) -> Outputs {
        return {g.add(g.input({1, 3, 4, 10}), g.constant({1, 3, 4, 10}))};
    });
    group.add("constant_vector", [](RandomGraph &g) -> Outputs {
        return {g.add(g.input({2, 3, 4, 10}), g.constant({10}))};
    });
    group.add("twice", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 3, 4, 10});
        return {g.add(x, x)};
    });
    return group;
}

CaseGroup pools() {
    CaseGroup group{"pool", {}};
    for (int i = 0; i < 12; ++i) {
        constexpr int channels[] = {1, 3, 16, 24};
        const Shape in{1 + i % 3, 7 + i % 4, 8 + i % 3, channels[i % 4]};
        Pool2dAttributes o{.kernel_h = 1 + i % 5,
                           .kernel_w = 1 + (i / 2) % 5,
                           .stride_h = 1 + i % 3,
                           .stride_w = 1 + (i / 3) % 3,
                           .activation = Activation((i / 4) % 4)};
        if (i % 2)
            o.padding = same_padding(in[1], in[2], o.kernel_h, o.kernel_w, o.stride_h, o.stride_w);
        const DType dtype = i % 5 == 4 ? DType::u8 : DType::s8;
        group.add(fmt::format("average_{}", i), [&](RandomGraph &g) -> Outputs {
            return {g.average_pool2d(g.input(in, dtype), o)};
        });
        group.add(fmt::format("max_{}", i),
                  [&](RandomGraph &g) -> Outputs { return {g.max_pool2d(g.input(in, dtype), o)}; });
    }
    return group;
}

CaseGroup means() {
    CaseGroup group{"mean", {}};
    const std::vector<std::vector<int>> sets = {{},     {0},    {1},       {2},       {3},
                                                {0, 1}, {1, 2}, {2, 3},    {0, 1, 2}, {1, 2, 3},
                                                {0, 2}, {1, 3}, {0, 1, 3}, {0, 3},    {0, 1, 2, 3}};
    for (size_t i = 0; i < sets.size(); ++i)
        for (const bool keep_dims : {false, true}) {
            std::string axes;
            for (int axis : sets[i])
                axes += std::to_string(axis);
            group.add(fmt::format("axes{}{}", axes, keep_dims ? "_keep" : ""),
                      [&](RandomGraph &g) -> Outputs {
                          const TensorId x = g.input({2, 5, 3, i % 3 == 0 ? 16 : 10});
                          return {g.mean(x, sets[i], keep_dims)};
                      });
        }
    group.add("large", [](RandomGraph &g) -> Outputs {
        return {g.mean(g.input({1, 31, 33, 24}), {1, 2})};
    });
    group.add("vector", [](RandomGraph &g) -> Outputs { return {g.mean(g.input({1001}), {0})}; });
    group.add("uint8", [](RandomGraph &g) -> Outputs {
        return {g.mean(g.input({2, 4, 4, 10}, DType::u8), {1, 2})};
    });
    return group;
}

/// Softmax, tables of one value, and conversions.
CaseGroup unary() {
    CaseGroup group{"unary", {}};
    for (const Shape &shape :
         {Shape{1, 10}, Shape{3, 1001}, Shape{2, 3, 5, 8}, Shape{7, 1}, Shape{12}})
        group.add(fmt::format("softmax_{}", to_string(shape)), [&](RandomGraph &g) -> Outputs {
            return {g.softmax(g.input(shape), g.uniform(0.2f, 1.5f))};
        });
    group.add("softmax_uint8", [](RandomGraph &g) -> Outputs {
        return {g.softmax(g.input({4, 20}, DType::u8))};
    });
    for (DType dtype : {DType::s8, DType::u8}) {
        const auto add = [&](const char *name, const auto &build) {
            group.add(fmt::format("{}_{}", name, name_of(dtype)), [&](RandomGraph &g) -> Outputs {
                return {build(g, g.input({2, 4, 64, 3}, dtype))};
            });
        };
        add("logistic", [](RandomGraph &g, TensorId x) { return g.logistic(x); });
        for (OpKind kind : {OpKind::relu, OpKind::relu6, OpKind::relu_n1_to_1})
            add(std::string(name_of(kind)).c_str(),
                [kind](RandomGraph &g, TensorId x) { return g.clamp(kind, x); });
        add("to_int8", [](RandomGraph &g, TensorId x) { return g.quantize(x); });
        add("to_uint8", [](RandomGraph &g, TensorId x) { return g.quantize(x, DType::u8); });
        add("to_float", [](RandomGraph &g, TensorId x) { return g.dequantize(x); });
        add("to_other_bias", [dtype](RandomGraph &g, TensorId x) {
            // The same scale and meaning in the other type: only the bias of the bytes changes.
            const Quantization q = g.tensor(x).quantization;
            const bool is_signed = dtype == DType::s8;
            return g.append(OpKind::quantize, {x}, is_signed ? DType::u8 : DType::s8,
                            g.tensor(x).shape,
                            {q.scales, {q.zero_point() + (is_signed ? 128 : -128)}});
        });
        group.add(fmt::format("from_float_{}", name_of(dtype)), [&](RandomGraph &g) -> Outputs {
            return {g.quantize(g.input({3, 5, 10}, DType::f32), dtype)};
        });
    }
    return group;
}

CaseGroup movements() {
    CaseGroup group{"movement", {}};
    const auto add = [&](const std::string &name, Shape in, const auto &build) {
        for (DType dtype : {DType::s8, DType::f32})
            group.add(fmt::format("{}_{}", name, name_of(dtype)),
                      [&](RandomGraph &g) -> Outputs { return {build(g, g.input(in, dtype))}; });
    };
    const std::pair<Shape, std::vector<int>> transposes[] = {{{5, 19}, {1, 0}},
                                                             {{3, 10, 7}, {2, 0, 1}},
                                                             {{3, 10, 16}, {0, 2, 1}},
                                                             {{2, 3, 4, 5}, {0, 3, 1, 2}},
                                                             {{2, 3, 4, 24}, {2, 1, 0, 3}},
                                                             {{1, 9, 3, 10}, {3, 2, 1, 0}},
                                                             {{2, 3, 2, 3, 5}, {4, 0, 2, 1, 3}}};
    for (const auto &[shape, permutation] : transposes)
        add("transpose_" + to_string(shape), shape,
            [&](RandomGraph &g, TensorId x) { return g.transpose(x, permutation); });
    const std::pair<Shape, Shape> reshapes[] = {
        {{2, 3, 4}, {6, 4}},   {{1, 3, 5, 10}, {1, 150}}, {{6, 10}, {4, 15}}, {{2, 24}, {2, 2, 12}},
        {{1, 1, 1, 24}, {24}}, {{24}, {1, 1, 24, 1}},     {{5, 1}, {1}}};
    for (const auto &[from, to] : reshapes)
        if (element_count(from) == element_count(to))
            add("reshape_" + to_string(from) + "_to_" + to_string(to), from,
                [&](RandomGraph &g, TensorId x) { return g.reshape(x, to); });
    const std::pair<Shape, std::vector<std::pair<int, int>>> pads[] = {
        {{1, 4, 5, 3}, {{0, 0}, {1, 2}, {0, 3}, {0, 0}}},
        {{2, 3, 3, 10}, {{1, 0}, {0, 1}, {2, 2}, {3, 4}}},
        {{20}, {{5, 0}}},
        {{2, 16}, {{0, 0}, {0, 16}}}};
    for (const auto &[shape, amounts] : pads)
        add("pad_" + to_string(shape), shape,
            [&](RandomGraph &g, TensorId x) { return g.pad(x, amounts); });
    for (int axis = 0; axis < 4; ++axis)
        add(fmt::format("concatenation_axis{}", axis), {2, 3, 4, 10},
            [axis](RandomGraph &g, TensorId x) {
                std::vector<std::pair<int, int>> longer(4, {0, 0});
                longer[size_t(axis)] = {1, 6};
                return g.concatenation({x, g.pad(x, longer), x}, axis);
            });
    return group;
}

} // namespace

std::vector<CaseGroup> pointwise_cases() {
    return {additions(), pools(), means(), unary(), movements()};
}

} // namespace octet::test
