// The sweep's cases of activations and of arithmetic with two operands.
#include "tests/operators/reference_sweep.h"

namespace octet::test {

namespace {

Shape image(RandomGraph &g) {
    return random_image(g, 1, 11, 17);
}

/// All 256 stored values.
Shape all(RandomGraph &) {
    return {2, 512};
}

/// A second operand: of x's shape or broadcast, an input or a constant.
TensorId other_operand(RandomGraph &g, TensorId x) {
    const Tensor in = g.tensor(x);
    Shape shape = in.shape;
    for (int &extent : shape)
        if (g.uniform(0, 5) == 0)
            extent = 1;
    return g.uniform(0, 3) == 0 ? g.constant(shape, in.dtype) : g.input(shape, in.dtype);
}

void add_two_operands(Sweep &sweep) {
    sweep.add(image, [](RandomGraph &g, TensorId x) {
        return g.sub(x, other_operand(g, x), random_activation(g));
    });
    sweep.add(
        image,
        [](RandomGraph &g, TensorId x) {
            return g.sub(x, g.constant(g.tensor(x).shape, g.tensor(x).dtype));
        },
        true, spread_operand_scales);
    sweep.add(image, [](RandomGraph &g, TensorId x) {
        return g.mul(x, other_operand(g, x), random_activation(g));
    });
    const bool has_prelu = sweep.dtype() != DType::s16;
    if (has_prelu)
        sweep.add(image, [](RandomGraph &g, TensorId x) { return g.prelu(x); });
    sweep.add(
        image,
        [](RandomGraph &g, TensorId x) {
            return g.mul(x, g.input(g.tensor(x).shape, g.tensor(x).dtype));
        },
        true, put_products_between_values);
    if (has_prelu)
        sweep.add(
            image, [](RandomGraph &g, TensorId x) { return g.prelu(x); }, true,
            put_products_between_values);
    for (OpKind kind : {OpKind::minimum, OpKind::maximum})
        sweep.add(
            image,
            [kind](RandomGraph &g, TensorId x) { return g.compare(kind, x, g.uniform(0, 1) == 1); },
            true, [](Graph &, RandomGraph &) {});
}

void add_activations(Sweep &sweep) {
    sweep.add(
        all, [](RandomGraph &g, TensorId x) { return g.tanh(x); }, true, spread_input_scale);
    if (sweep.dtype() != DType::s16)
        sweep.add(
            all, [](RandomGraph &g, TensorId x) { return g.hard_swish(x); }, true,
            spread_hard_swish_scales);
    sweep.add(all,
              [](RandomGraph &g, TensorId x) { return g.leaky_relu(x, g.uniform(0.0f, 1.5f)); });
    sweep.add(
        all, [](RandomGraph &g, TensorId x) { return g.leaky_relu(x); }, true, rescale_output);
}

} // namespace

void add_elementwise(Sweep &sweep, int count) {
    for (int i = 0; i < count; ++i)
        add_two_operands(sweep);
    for (int i = 0; i < (count + 1) / 2; ++i)
        add_activations(sweep);
}

} // namespace octet::test
