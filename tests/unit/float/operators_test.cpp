// The float executor's operators without windows on random shapes.
#include "tests/support/random_graph.h"
#include "tests/unit/float/compare_with_reference.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace octet::test {
namespace {

constexpr int cases = 30;

Shape random_shape(RandomGraph &g, int rank) {
    Shape shape;
    for (int axis = 0; axis < rank; ++axis)
        shape.push_back(g.uniform(1, 7));
    return shape;
}

/// A graph of one operator on the inputs.
Graph one_operator(RandomGraph &g, OpKind kind, std::vector<TensorId> inputs, Shape shape,
                   Attributes attributes = {}) {
    return g.finish({g.append(kind, std::move(inputs), DType::f32, std::move(shape), {},
                              std::move(attributes))});
}

TEST_CASE("float functions of one element equal the reference", "[float]") {
    const std::pair<OpKind, Attributes> functions[] = {
        {OpKind::relu, {}},         {OpKind::relu6, {}},
        {OpKind::relu_n1_to_1, {}}, {OpKind::logistic, {}},
        {OpKind::tanh, {}},         {OpKind::leaky_relu, LeakyReluAttributes{0.3f}},
        {OpKind::hard_swish, {}},
    };
    for (const auto &[kind, attributes] : functions) {
        INFO(name_of(kind));
        for (const Shape &shape : {Shape{1}, Shape{3, 5, 7}, Shape{1, 50, 60, 17}}) {
            RandomGraph g(1);
            TensorId x = g.input(shape, DType::f32);
            // Inputs are in [-1, 1]; these are in [-12, 12] and reach every branch.
            const TensorId wide = g.append(OpKind::mul, {x, g.constant({1}, DType::f32)},
                                           DType::f32, shape, {}, MulAttributes{});
            const TensorId wider =
                g.append(OpKind::add, {wide, wide}, DType::f32, shape, {}, AddAttributes{});
            const TensorId narrow = g.append(kind, {x}, DType::f32, shape, {}, attributes);
            compare_with_reference(
                g.finish({narrow, g.append(kind, {wider}, DType::f32, shape, {}, attributes)}));
        }
    }
}

TEST_CASE("float arithmetic broadcasts as the reference", "[float]") {
    const std::pair<OpKind, Attributes> functions[] = {
        {OpKind::add, AddAttributes{Activation::relu}},
        {OpKind::sub, SubAttributes{Activation::none}},
        {OpKind::mul, MulAttributes{Activation::relu6}},
    };
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        const auto &[kind, attributes] = functions[seed % 3];
        RandomGraph g(seed);
        const Shape out = random_shape(g, g.uniform(1, 4));
        // The first axis is the batch, and some of the others are read again and again.
        Shape a = out, b = out;
        for (size_t axis = 1; axis < out.size(); ++axis) {
            const int which = g.uniform(0, 3);
            if (which < 2)
                (which == 0 ? a : b)[axis] = 1;
        }
        Shape suffix(b.begin() + g.uniform(0, int(b.size())), b.end());
        const bool constant = seed % 2 == 0;
        const TensorId x = g.input(a, DType::f32);
        const TensorId y = constant ? g.constant(suffix, DType::f32) : g.input(b, DType::f32);
        Shape joined = constant ? suffix : b;
        joined.insert(joined.begin(), a.size() - joined.size(), 1);
        for (size_t axis = 0; axis < joined.size(); ++axis)
            joined[axis] = std::max(joined[axis], a[axis]);
        const bool swapped = seed % 5 == 0;
        compare_with_reference(
            one_operator(g, kind, {swapped ? y : x, swapped ? x : y}, joined, attributes));
    }
}

TEST_CASE("float comparisons with constants equal the reference", "[float]") {
    for (OpKind kind : {OpKind::minimum, OpKind::maximum, OpKind::prelu}) {
        INFO(name_of(kind));
        for (const Shape &constant : {Shape{1}, Shape{19}, Shape{1, 1, 1, 19}}) {
            if (kind == OpKind::prelu && constant.back() == 1)
                continue;
            RandomGraph g(7);
            const TensorId x = g.input({1, 4, 5, 19}, DType::f32);
            compare_with_reference(
                one_operator(g, kind, {x, g.constant(constant, DType::f32)}, {1, 4, 5, 19}));
        }
    }
}

TEST_CASE("float operators that move elements equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        const int rank = g.uniform(1, 4);
        const Shape shape = random_shape(g, rank);
        const TensorId x = g.input(shape, DType::f32);

        std::vector<int> permutation;
        for (int axis = 0; axis < rank; ++axis)
            permutation.insert(permutation.begin() + g.uniform(0, axis), axis);
        std::vector<std::pair<int, int>> pads;
        SliceAttributes slice;
        Shape sliced;
        for (int extent : shape) {
            pads.emplace_back(g.uniform(0, 2), g.uniform(0, 2));
            slice.begin.push_back(g.uniform(0, extent - 1));
            slice.strides.push_back(g.uniform(1, 3));
            const int most = (extent - slice.begin.back() - 1) / slice.strides.back() + 1;
            sliced.push_back(g.uniform(1, most));
        }
        Shape other = shape;
        const int joined = g.uniform(0, rank - 1);
        other[size_t(joined)] = g.uniform(1, 5);
        const TensorId constant = g.constant(other, DType::f32);
        const TensorId flat = g.reshape(x, {int(element_count(shape))});
        compare_with_reference(g.finish(
            {g.transpose(x, permutation), g.pad(x, pads), g.concatenation({x, constant, x}, joined),
             g.append(OpKind::slice, {x}, DType::f32, sliced, {}, slice), flat}));
    }
}

TEST_CASE("float reductions equal the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        const int rank = g.uniform(1, 4);
        const TensorId x = g.input(random_shape(g, rank), DType::f32);
        std::vector<int> axes;
        for (int axis = 0; axis < rank; ++axis)
            if (g.uniform(0, 1) == 1)
                axes.push_back(axis);
        compare_with_reference(
            g.finish({g.mean(x, axes, seed % 2 == 0), g.softmax(x, g.uniform(0.5f, 4.0f))}));
    }
}

TEST_CASE("float resizing equals the reference", "[float]") {
    for (uint32_t seed = 0; seed < cases; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        const Shape in{g.uniform(1, 2), g.uniform(1, 9), g.uniform(1, 9), g.uniform(1, 9)};
        const Shape out{in[0], g.uniform(1, 20), g.uniform(1, 20), in[3]};
        ResizeAttributes a;
        a.align_corners = seed % 3 == 1;
        a.half_pixel_centers = seed % 3 == 2;
        const OpKind kind = seed % 2 == 0 ? OpKind::resize_bilinear : OpKind::resize_nearest;
        compare_with_reference(one_operator(g, kind, {g.input(in, DType::f32)}, out, a));
    }
}

} // namespace
} // namespace octet::test
