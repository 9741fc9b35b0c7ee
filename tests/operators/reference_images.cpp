// The sweep's cases of slices, resizing and transposed convolutions.
#include "tests/operators/reference_sweep.h"

#include <algorithm>

namespace octet::test {

namespace {

Shape image(RandomGraph &g) {
    return random_image(g, 1, 9, 13);
}

TensorId random_slice(RandomGraph &g, TensorId x, int largest_stride) {
    std::vector<int> begin, strides;
    Shape out;
    for (int extent : g.tensor(x).shape) {
        strides.push_back(g.uniform(1, largest_stride));
        begin.push_back(g.uniform(0, extent - 1));
        out.push_back(g.uniform(1, (extent - begin.back() - 1) / strides.back() + 1));
    }
    return g.slice(x, begin, out, strides);
}

TensorId random_resize(RandomGraph &g, OpKind kind, TensorId x) {
    const Shape in = g.tensor(x).shape;
    const int way = g.uniform(0, 2);
    const ResizeAttributes attributes{.align_corners = way == 1, .half_pixel_centers = way == 2};
    // Often by a factor, as networks do.
    if (g.uniform(0, 1) == 0)
        return g.resize(kind, x, in[1] * g.uniform(1, 3), in[2] * g.uniform(1, 3), attributes);
    return g.resize(kind, x, g.uniform(1, 23), g.uniform(1, 23), attributes);
}

TensorId random_transpose_conv2d(RandomGraph &g, TensorId x) {
    ConvolutionOptions o;
    o.channels_out = g.uniform(1, 19);
    o.kernel_h = g.uniform(1, 5);
    o.kernel_w = g.uniform(1, 5);
    o.stride_h = g.uniform(1, 3);
    o.stride_w = g.uniform(1, 3);
    o.same = g.uniform(0, 1) == 1;
    o.activation = random_activation(g);
    o.per_channel = g.uniform(0, 2) != 0;
    o.bias = g.uniform(0, 3) != 0;
    o.int32_bias = random_int32_bias(g, g.tensor(x));
    if (g.tensor(x).dtype == DType::u8)
        o.weight_zero_point = g.uniform(-128, 127);
    return g.transpose_conv2d(x, o);
}

} // namespace

void add_images(Sweep &sweep, int count) {
    for (int i = 0; i < count; ++i) {
        sweep.add(image, random_transpose_conv2d);
        // LiteRT's kernel for uint8 truncates a sum of floats.
        if (sweep.dtype() != DType::u8)
            sweep.add(
                image,
                [](RandomGraph &g, TensorId x) {
                    return random_resize(g, OpKind::resize_bilinear, x);
                },
                sweep.dtype() != DType::s16); // which Micro has not
    }
    for (int i = 0; i < (count + 3) / 4; ++i) {
        sweep.add(image, [](RandomGraph &g, TensorId x) {
            return random_resize(g, OpKind::resize_nearest, x);
        });
        for (int largest_stride : {1, 3})
            sweep.add(image, [largest_stride](RandomGraph &g, TensorId x) {
                return random_slice(g, x, largest_stride);
            });
    }
}

} // namespace octet::test
