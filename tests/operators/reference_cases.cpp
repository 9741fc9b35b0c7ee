#include "tests/operators/reference_cases.h"

#include "tests/operators/reference_sweep.h"

#include <algorithm>

namespace octet::test {

namespace {

ConvolutionOptions random_convolution(RandomGraph &g, const Tensor &x) {
    const Shape &in = x.shape;
    ConvolutionOptions o;
    o.kernel_h = g.uniform(1, 4);
    o.kernel_w = g.uniform(1, 4);
    o.stride_h = g.uniform(1, 3);
    o.stride_w = g.uniform(1, 3);
    o.same = g.uniform(0, 1) == 1;
    if (g.uniform(0, 2) == 0) {
        o.dilation_h = g.uniform(1, 3);
        o.dilation_w = g.uniform(1, 3);
    }
    // VALID needs a window that fits.
    o.same |= (o.kernel_h - 1) * o.dilation_h >= in[1] || (o.kernel_w - 1) * o.dilation_w >= in[2];
    o.activation = random_activation(g);
    o.per_channel = g.uniform(0, 2) != 0;
    o.bias = g.uniform(0, 3) != 0;
    o.int32_bias = random_int32_bias(g, x);
    // LiteRT's int8 convolutions have symmetric weights, the uint8 ones any.
    if (x.dtype == DType::u8)
        o.weight_zero_point = g.uniform(-128, 127);
    return o;
}

Pool2dAttributes random_pool(RandomGraph &g, const Shape &in) {
    Pool2dAttributes o;
    o.kernel_h = g.uniform(1, std::min(5, in[1]));
    o.kernel_w = g.uniform(1, std::min(5, in[2]));
    o.stride_h = g.uniform(1, 3);
    o.stride_w = g.uniform(1, 3);
    o.activation = random_activation(g);
    if (g.uniform(0, 1) == 1)
        o.padding = same_padding(in[1], in[2], o.kernel_h, o.kernel_w, o.stride_h, o.stride_w);
    return o;
}

/// Operators whose arithmetic differs from engine to engine.
void add_arithmetic(Sweep &sweep, int count, bool is_float) {
    const auto image = [](RandomGraph &g) { return random_image(g, 1, 11, 17); };
    const auto table = [](RandomGraph &g) { return random_shape(g, 2, 37); };
    for (int i = 0; i < count; ++i) {
        sweep.add(image, [](RandomGraph &g, TensorId x) {
            ConvolutionOptions o = random_convolution(g, g.tensor(x));
            o.channels_out = g.uniform(1, 19);
            o.bias = true; // LiteRT wants one.
            if (g.tensor(x).shape[3] % 2 == 0 && g.uniform(0, 2) == 0) {
                o.groups = 2;
                o.channels_out *= 2;
            }
            return g.conv2d(x, o);
        });
        sweep.add(image, [](RandomGraph &g, TensorId x) {
            ConvolutionOptions o = random_convolution(g, g.tensor(x));
            o.multiplier = g.uniform(1, 3);
            o.int32_bias = false; // LiteRT has none here.
            return g.depthwise_conv2d(x, o);
        });
        sweep.add([](RandomGraph &g) { return random_shape(g, g.uniform(2, 4), 9); },
                  [](RandomGraph &g, TensorId x) {
                      FullyConnectedOptions o;
                      o.channels_out = g.uniform(1, 60);
                      o.keep_dims = g.uniform(0, 1) == 1;
                      o.activation = random_activation(g);
                      o.per_channel = g.uniform(0, 1) == 1;
                      o.bias = g.uniform(0, 3) != 0;
                      o.int32_bias = random_int32_bias(g, g.tensor(x));
                      if (!o.per_channel && g.uniform(0, 2) == 0)
                          o.weight_zero_point = g.uniform(-128, 127);
                      return g.fully_connected(x, o);
                  });
        sweep.add(image, [](RandomGraph &g, TensorId x) {
            const Tensor in = g.tensor(x);
            Shape shape = in.shape;
            for (int &extent : shape)
                if (g.uniform(0, 5) == 0)
                    extent = 1; // broadcast
            const bool constant = g.uniform(0, 3) == 0;
            const TensorId other =
                constant ? g.constant(shape, in.dtype) : g.input(shape, in.dtype);
            return g.add(x, other, random_activation(g));
        });
        sweep.add(image, [](RandomGraph &g, TensorId x) {
            return g.average_pool2d(x, random_pool(g, g.tensor(x).shape));
        });
        sweep.add(image, [](RandomGraph &g, TensorId x) {
            std::vector<int> axes;
            for (int axis = 0; axis < 4; ++axis)
                if (g.uniform(0, 1) == 1)
                    axes.push_back(axis);
            if (axes.empty() || g.uniform(0, 1) == 1)
                axes = {1, 2};
            return g.mean(x, axes, g.uniform(0, 1) == 1);
        });
        sweep.add(table, [](RandomGraph &g, TensorId x) {
            return g.softmax(x, g.uniform(0, 2) == 0 ? g.uniform(0.2f, 3.0f) : 1.0f);
        });
        sweep.add(
            table, [](RandomGraph &g, TensorId x) { return g.softmax(x); }, true,
            spread_input_scale);
        sweep.add(
            image,
            [](RandomGraph &g, TensorId x) {
                const Tensor in = g.tensor(x);
                return g.add(x, g.constant(in.shape, in.dtype));
            },
            true, spread_operand_scales);
    }
    // All 256 inputs of the unary operators, over several scales.
    const auto all = [](RandomGraph &) { return Shape{2, 512}; };
    for (int i = 0; i < (count + 3) / 4; ++i) {
        sweep.add(
            all, [](RandomGraph &g, TensorId x) { return g.logistic(x); }, true,
            spread_input_scale);
        if (sweep.dtype() != DType::s16)
            sweep.add(
                all, [](RandomGraph &g, TensorId x) { return g.logistic(x); }, true,
                put_logistic_between_values);
        sweep.add(
            all, [](RandomGraph &g, TensorId x) { return g.clamp(OpKind::relu6, x); }, true,
            put_six_between_values);
        sweep.add(all, [](RandomGraph &g, TensorId x) { return g.clamp(OpKind::relu6, x); });
        sweep.add(
            all, [](RandomGraph &g, TensorId x) { return g.clamp(OpKind::relu, x); }, true,
            rescale_output);
        // TensorFlow Lite Micro clamps RELU6 without rescaling and has no RELU_N1_TO_1.
        for (OpKind kind : {OpKind::relu6, OpKind::relu_n1_to_1})
            if (kind == OpKind::relu6 || sweep.dtype() != DType::s16)
                sweep.add(
                    all, [kind](RandomGraph &g, TensorId x) { return g.clamp(kind, x); }, false,
                    rescale_output);
        if (is_float)
            continue;
        for (DType to : {DType::s8, DType::u8, DType::s16})
            if (size_of(to) == 1 ? sweep.dtype() != DType::s16 || to == DType::s8
                                 : sweep.dtype() != DType::u8)
                sweep.add(all, [to](RandomGraph &g, TensorId x) { return g.quantize(x, to); });
        sweep.add(all, [](RandomGraph &g, TensorId x) { return g.dequantize(x); });
    }
}

/// Operators that choose or move values.
void add_movement(Sweep &sweep, int count) {
    const auto image = [](RandomGraph &g) { return random_image(g, 1, 11, 17); };
    const auto any = [](RandomGraph &g) { return random_shape(g, g.uniform(1, 4), 7); };
    for (int i = 0; i < count; ++i) {
        sweep.add(image, [](RandomGraph &g, TensorId x) {
            return g.max_pool2d(x, random_pool(g, g.tensor(x).shape));
        });
        sweep.add(any, [](RandomGraph &g, TensorId x) {
            std::vector<std::pair<int, int>> pads;
            for (size_t axis = 0; axis < g.tensor(x).shape.size(); ++axis)
                pads.emplace_back(g.uniform(0, 3), g.uniform(0, 2));
            return g.pad(x, pads);
        });
        sweep.add(any, [](RandomGraph &g, TensorId x) {
            return g.concatenation({x, x, x}, g.uniform(0, int(g.tensor(x).shape.size()) - 1));
        });
        sweep.add(any, [](RandomGraph &g, TensorId x) {
            std::vector<int> permutation(g.tensor(x).shape.size());
            for (size_t axis = 0; axis < permutation.size(); ++axis)
                permutation[axis] = int(axis);
            for (size_t axis = permutation.size(); axis > 1; --axis)
                std::swap(permutation[axis - 1], permutation[size_t(g.uniform(0, int(axis) - 1))]);
            return g.transpose(x, permutation);
        });
        sweep.add(any, [](RandomGraph &g, TensorId x) {
            return g.reshape(x, {int(g.tensor(x).elements()), 1});
        });
        sweep.add(
            [](RandomGraph &g) {
                return Shape{g.uniform(1, 4), 1, g.uniform(1, 6), 1};
            },
            [](RandomGraph &g, TensorId x) { return g.squeeze(x); });
    }
}

} // namespace

std::vector<SweepCase> quantized_sweep(int count, uint32_t seed) {
    Sweep signed_sweep(DType::s8, seed);
    add_arithmetic(signed_sweep, count, false);
    add_elementwise(signed_sweep, count);
    add_images(signed_sweep, count);
    add_movement(signed_sweep, (count + 3) / 4);
    Sweep unsigned_sweep(DType::u8, seed + 100000);
    add_arithmetic(unsigned_sweep, (count + 3) / 4, false);
    add_elementwise(unsigned_sweep, (count + 3) / 4);
    add_images(unsigned_sweep, (count + 3) / 4);
    add_movement(unsigned_sweep, (count + 7) / 8);
    Sweep float_sweep(DType::f32, seed + 200000);
    for (int i = 0; i < (count + 3) / 4; ++i)
        for (DType to : {DType::s8, DType::u8})
            float_sweep.add(
                [](RandomGraph &) {
                    return Shape{3, 400};
                },
                [to](RandomGraph &g, TensorId x) { return g.quantize(x, to); }, to == DType::s8);
    std::vector<SweepCase> cases = signed_sweep.take();
    for (Sweep *sweep : {&unsigned_sweep, &float_sweep})
        for (SweepCase &c : sweep->take())
            cases.push_back(std::move(c));
    return cases;
}

std::vector<SweepCase> int16_sweep(int count, uint32_t seed) {
    Sweep sweep(DType::s16, seed + 400000);
    add_arithmetic(sweep, count, false);
    add_elementwise(sweep, count);
    add_images(sweep, count);
    add_movement(sweep, (count + 3) / 4);
    std::vector<SweepCase> cases = sweep.take();
    Sweep conversions(DType::f32, seed + 500000);
    for (int i = 0; i < (count + 3) / 4; ++i)
        conversions.add(
            [](RandomGraph &) {
                return Shape{3, 400};
            },
            [](RandomGraph &g, TensorId x) { return g.quantize(x, DType::s16); });
    for (SweepCase &c : conversions.take())
        cases.push_back(std::move(c));
    return cases;
}

std::vector<SweepCase> float_sweep(int count, uint32_t seed) {
    Sweep sweep(DType::f32, seed + 300000);
    add_arithmetic(sweep, count, true);
    add_elementwise(sweep, count);
    add_images(sweep, count);
    add_movement(sweep, (count + 3) / 4);
    return sweep.take();
}

} // namespace octet::test
