// Cases of slices, resizing and transposed convolutions.
#include "tests/operators/kernels_cases.h"

#include <fmt/format.h>

namespace octet::test {

namespace {

using Outputs = std::vector<TensorId>;

CaseGroup slices() {
    CaseGroup group{"slice", {}};
    struct Part {
        Shape in;
        std::vector<int> begin;
        Shape out;
        std::vector<int> strides;
    };
    const Part parts[] = {{{2, 5, 6, 24}, {0, 1, 2, 0}, {2, 3, 4, 24}, {1, 1, 1, 1}},
                          {{1, 5, 6, 24}, {0, 0, 0, 8}, {1, 5, 6, 16}, {1, 1, 1, 1}},
                          {{2, 5, 6, 10}, {1, 1, 0, 3}, {1, 2, 3, 5}, {1, 2, 2, 1}},
                          {{1, 8, 8, 3}, {0, 1, 1, 0}, {1, 4, 4, 3}, {1, 2, 2, 1}},
                          {{3, 40}, {1, 5}, {2, 12}, {1, 3}},
                          {{50}, {7}, {33}, {1}},
                          {{2, 3, 2, 3, 5}, {0, 1, 0, 1, 2}, {2, 2, 1, 2, 3}, {1, 1, 1, 1, 1}}};
    for (const Part &part : parts)
        for (const DType dtype : {DType::s8, DType::f32})
            group.add(
                fmt::format("{}_to_{}_{}", to_string(part.in), to_string(part.out), name_of(dtype)),
                [&](RandomGraph &g) -> Outputs {
                    return {g.slice(g.input(part.in, dtype), part.begin, part.out, part.strides)};
                });
    group.add("split", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.clamp(OpKind::relu, g.input({1, 4, 4, 16}));
        const TensorId a = g.slice(x, {0, 0, 0, 0}, {1, 4, 4, 8});
        return {g.add(a, g.slice(x, {0, 0, 0, 8}, {1, 4, 4, 8}))};
    });
    return group;
}

CaseGroup resizes() {
    CaseGroup group{"resize", {}};
    const std::pair<Shape, std::pair<int, int>> sizes[] = {{{1, 3, 4, 16}, {6, 8}},
                                                           {{2, 4, 3, 10}, {7, 5}},
                                                           {{1, 5, 5, 3}, {10, 15}},
                                                           {{1, 9, 7, 24}, {4, 3}},
                                                           {{1, 1, 1, 8}, {3, 2}}};
    for (const auto &[in, size] : sizes)
        for (int way = 0; way < 3; ++way) {
            const ResizeAttributes attributes{.align_corners = way == 1,
                                              .half_pixel_centers = way == 2};
            const std::string name = fmt::format("{}_{}", to_string(in), way);
            const auto add = [&](const char *kind_name, OpKind kind, DType dtype) {
                group.add(fmt::format("{}_{}_{}", kind_name, name, name_of(dtype)),
                          [&](RandomGraph &g) -> Outputs {
                              return {g.resize(kind, g.input(in, dtype), size.first, size.second,
                                               attributes)};
                          });
            };
            add("bilinear", OpKind::resize_bilinear, DType::s8);
            add("nearest", OpKind::resize_nearest, way == 0 ? DType::f32 : DType::s8);
            if (way == 2) {
                add("bilinear", OpKind::resize_bilinear, DType::u8);
                add("nearest", OpKind::resize_nearest, DType::u8);
            }
        }
    group.add("between_convolutions", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 4, 4, 8}), {.channels_out = 12, .same = true});
        const TensorId y = g.resize(OpKind::resize_bilinear, x, 8, 8, {.half_pixel_centers = true});
        return {g.conv2d(y, {.channels_out = 8, .same = true})};
    });
    return group;
}

CaseGroup transposed_convolutions() {
    CaseGroup group{"transposed", {}};
    struct Window {
        int kernel_h, kernel_w, stride_h, stride_w;
        bool same;
    };
    const Window windows[] = {{3, 3, 2, 2, true},  {4, 4, 2, 2, true},  {2, 2, 2, 2, false},
                              {5, 3, 3, 1, false}, {3, 5, 1, 2, true},  {3, 3, 1, 1, true},
                              {1, 1, 2, 3, false}, {2, 3, 4, 2, false}, {3, 3, 2, 2, false}};
    int number = 0;
    for (const Window &w : windows) {
        const auto options = [&](int channels, Activation activation) {
            return ConvolutionOptions{.channels_out = channels,
                                      .kernel_h = w.kernel_h,
                                      .kernel_w = w.kernel_w,
                                      .stride_h = w.stride_h,
                                      .stride_w = w.stride_w,
                                      .same = w.same,
                                      .activation = activation};
        };
        const DType dtype = number % 4 == 3 ? DType::u8 : DType::s8;
        const int c_in = number % 3 == 0 ? 16 : 5, c_out = number % 2 == 0 ? 16 : 6;
        group.add(fmt::format("window_{}", number++), [&](RandomGraph &g) -> Outputs {
            const TensorId x = g.input({1 + number % 2, 4, 5, c_in}, dtype);
            return {g.transpose_conv2d(x, options(c_out, Activation(g.uniform(0, 3))))};
        });
    }
    group.add("between_convolutions", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.conv2d(g.input({1, 4, 4, 8}), {.channels_out = 12, .same = true});
        const TensorId y =
            g.transpose_conv2d(x, {.channels_out = 10, .stride_h = 2, .stride_w = 2, .same = true});
        return {g.conv2d(y, {.channels_out = 8, .same = true})};
    });
    // Outputs in numbers that strides do not divide.
    group.add("cropped", [](RandomGraph &g) -> Outputs {
        const TensorId x = g.input({1, 3, 4, 6});
        return {g.transpose_conv2d(x, {.channels_out = 7, .kernel_h = 4, .stride_h = 3})};
    });
    return group;
}

} // namespace

std::vector<CaseGroup> image_cases() {
    return {slices(), resizes(), transposed_convolutions()};
}

} // namespace octet::test
