// Preparation: each rewrite leaves the network's values as they were and does what it says.
#include "compiler/quantize/prepare.h"

#include "compiler/quantize/weighted.h"
#include "tests/support/expect_error.h"
#include "tests/unit/quantize/float_networks.h"

#include <limits>

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

Graph prepared(const Graph &graph) {
    std::vector<std::string> notes;
    return prepare(graph, notes);
}

/// Changes a constant's elements: f(values).
template <typename F>
void edit(Graph &graph, TensorId id, F &&f) {
    std::vector<float> values = floats_of(graph.tensor(id));
    f(values);
    set_floats(graph.tensor(id), values);
}

} // namespace

TEST_CASE("Scalings by channel vanish in weights, whichever operand they are", "[quantize]") {
    for (OpKind kind : {OpKind::mul, OpKind::add, OpKind::sub})
        for (bool constant_first : {false, true})
            for (bool scalar : {false, true})
                for (int layer = 0; layer < 4; ++layer) {
                    CAPTURE(name_of(kind), constant_first, scalar, layer);
                    RandomGraph g(7);
                    const TensorId x = g.input({1, 6, 5, 8}, DType::f32);
                    TensorId y = x;
                    if (layer == 0)
                        y = g.conv2d(x, {.channels_out = 8});
                    else if (layer == 1)
                        y = g.depthwise_conv2d(x, {.bias = false});
                    else if (layer == 2)
                        y = g.transpose_conv2d(x, {.channels_out = 8, .stride_h = 2});
                    else
                        y = g.fully_connected(x, {.channels_out = 8, .keep_dims = true});
                    const Shape shape = g.tensor(y).shape;
                    const TensorId k = g.constant({scalar ? 1 : shape.back()}, DType::f32);
                    const std::vector<TensorId> operands =
                        constant_first ? std::vector{k, y} : std::vector{y, k};
                    Attributes attributes = MulAttributes{Activation::relu};
                    if (kind == OpKind::add)
                        attributes = AddAttributes{Activation::relu};
                    else if (kind == OpKind::sub)
                        attributes = SubAttributes{Activation::relu};
                    const TensorId z = g.append(kind, operands, DType::f32, shape, {}, attributes);
                    const Graph graph = g.finish({z});
                    const Graph folded = prepared(graph);
                    REQUIRE(folded.operators.size() == 1);
                    CHECK(activation_of(folded.operators[0]) == Activation::relu);
                    check_same_values(graph, folded);
                }
}

TEST_CASE("Scalings stay where the layer's values are seen elsewhere or cut first", "[quantize]") {
    RandomGraph g(8);
    const TensorId x = g.input({1, 6, 5, 4}, DType::f32);
    const TensorId y = g.conv2d(x, {}), cut = g.conv2d(x, {.activation = Activation::relu});
    const TensorId k = g.constant({8}, DType::f32);
    const Graph graph = g.finish({y, g.mul(y, k), g.mul(cut, k)});
    const Graph folded = prepared(graph);
    CHECK(count_of(folded, OpKind::mul) == 2);
    check_same_values(graph, folded);
}

TEST_CASE("A constant that two operators share is changed for one of them only", "[quantize]") {
    RandomGraph g(9);
    const TensorId x = g.input({1, 6, 6, 4}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 4, .same = true});
    const TensorId b = g.conv2d(x, {.channels_out = 4, .same = true});
    const TensorId scaled = g.mul(a, g.constant({4}, DType::f32));
    Graph graph = g.finish({scaled, b});
    graph.operators[1].inputs[1] = graph.operators[0].inputs[1];
    const Graph folded = prepared(graph);
    CHECK(folded.operators.size() == 2);
    check_same_values(graph, folded);
}

TEST_CASE("Spellings of hard-swish become one operator", "[quantize]") {
    for (int spelling = 0; spelling < 8; ++spelling) {
        CAPTURE(spelling);
        const bool own_relu6 = spelling & 1, scale_last = spelling & 2, swapped = spelling & 4;
        RandomGraph g(10);
        const TensorId x = g.input({1, 6, 5, 4}, DType::f32);
        const TensorId y = g.conv2d(x, {.channels_out = 6});
        const TensorId three = g.constant({1}, DType::f32), sixth = g.constant({1}, DType::f32);
        TensorId t = g.append(OpKind::add, swapped ? std::vector{three, y} : std::vector{y, three},
                              DType::f32, g.tensor(y).shape, {},
                              AddAttributes{own_relu6 ? Activation::none : Activation::relu6});
        if (own_relu6)
            t = g.clamp(OpKind::relu6, t);
        t = scale_last ? g.mul(swapped ? t : y, swapped ? y : t) : g.mul(t, sixth);
        t = scale_last ? g.mul(t, sixth) : g.mul(swapped ? y : t, swapped ? t : y);
        Graph graph = g.finish({t});
        edit(graph, three, [](auto &values) { values = {3.0f}; });
        edit(graph, sixth, [](auto &values) { values = {1.0f / 6}; });
        const Graph fused = prepared(graph);
        REQUIRE(fused.operators.size() == 2);
        CHECK(fused.operators[1].kind == OpKind::hard_swish);
        check_same_values(graph, fused);
        edit(graph, sixth, [](auto &values) { values = {1.0f / 5}; });
        CHECK(count_of(prepared(graph), OpKind::hard_swish) == 0);
    }
}

TEST_CASE("Activations and padding move into the operators that can apply them", "[quantize]") {
    for (OpKind kind : {OpKind::relu, OpKind::relu6, OpKind::relu_n1_to_1}) {
        RandomGraph g(11);
        const TensorId x = g.input({1, 6, 5, 4}, DType::f32);
        const TensorId padded = g.pad(x, {{0, 0}, {1, 2}, {0, 1}, {0, 0}});
        const TensorId a =
            g.clamp(kind, g.conv2d(padded, {.stride_h = 2, .padding = {1, 0, 2, 1}}));
        const TensorId wide = g.pad(a, {{0, 0}, {2, 1}, {1, 0}, {0, 0}});
        const TensorId b = g.clamp(kind, g.depthwise_conv2d(wide, {}));
        const Graph graph = g.finish({g.clamp(kind, g.add(b, b))});
        const Graph fused = prepared(graph);
        CHECK(fused.operators.size() == 3);
        for (const Operator &op : fused.operators)
            CHECK(activation_of(op) != Activation::none);
        check_same_values(graph, fused);
    }
}

TEST_CASE("Padding of channels, beyond the window or read by others stays", "[quantize]") {
    RandomGraph g(12);
    const TensorId x = g.input({1, 6, 5, 4}, DType::f32);
    const TensorId deeper = g.pad(x, {{0, 0}, {1, 1}, {1, 1}, {0, 2}});
    const TensorId far = g.pad(x, {{0, 0}, {3, 0}, {0, 0}, {0, 0}});
    const TensorId seen = g.pad(x, {{0, 0}, {1, 1}, {1, 1}, {0, 0}});
    const Graph graph =
        g.finish({g.conv2d(deeper, {}), g.conv2d(far, {}), g.conv2d(seen, {}), seen});
    const Graph fused = prepared(graph);
    CHECK(count_of(fused, OpKind::pad) == 3); // A window must see more than padding.
    check_same_values(graph, fused);
}

TEST_CASE("Constant and unused channels are removed", "[quantize]") {
    for (bool padded : {false, true})
        for (Activation activation : {Activation::none, Activation::relu, Activation::relu6}) {
            CAPTURE(padded, int(activation));
            RandomGraph g(13);
            const TensorId x = g.input({1, 6, 6, 4}, DType::f32);
            const TensorId y = g.conv2d(x, {.channels_out = 6, .activation = activation});
            const TensorId z = g.conv2d(y, {.channels_out = 5, .same = padded});
            Graph graph = g.finish({z});
            const Operator first = graph.operators[0], second = graph.operators[1];
            Rows made = weight_rows(graph, first);
            std::fill_n(made.row(1), made.depth, 0.0f); // the constant 7
            std::fill_n(made.row(4), made.depth, 0.0f); // the constant -2, or 0 behind a ReLU
            set_weight_rows(graph, first, made);
            edit(graph, first.inputs[2], [](auto &bias) { bias[1] = 7, bias[4] = -2; });
            edit(graph, second.inputs[1], [](auto &weights) {
                for (size_t i = 2; i < weights.size(); i += 6) // nobody reads channel 2
                    weights[i] = 0;
            });
            const Graph removed = prepared(graph);
            // Only what is zero stays zero behind padding.
            const int kept = !padded ? 3 : activation == Activation::none ? 5 : 4;
            CHECK(removed.tensor(removed.operators[0].outputs[0]).shape.back() == kept);
            check_same_values(graph, removed);
        }
}

TEST_CASE("One channel is kept of a layer that computes nothing", "[quantize]") {
    RandomGraph g(14);
    const TensorId x = g.input({1, 8}, DType::f32);
    const TensorId y = g.fully_connected(x, {.channels_out = 4});
    Graph graph = g.finish({g.fully_connected(y, {.channels_out = 3})});
    edit(graph, graph.operators[0].inputs[1],
         [](auto &weights) { std::fill(weights.begin(), weights.end(), 0.0f); });
    const Graph removed = prepared(graph);
    CHECK(removed.tensor(removed.operators[0].outputs[0]).shape == Shape{1, 1});
    check_same_values(graph, removed);
}

TEST_CASE("Weights that are not finite are refused by name", "[quantize]") {
    for (float wrong :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        RandomGraph g(15);
        Graph graph = g.finish({g.conv2d(g.input({1, 6, 6, 4}, DType::f32), {})});
        const TensorId weights = graph.operators[0].inputs[1];
        edit(graph, weights, [&](auto &values) { values[5] = wrong; });
        check_message(error_of([&] { prepared(graph); }),
                      {"constant '" + graph.tensor(weights).name + "'", "at element 5"});
    }
}
