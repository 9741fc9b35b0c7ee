// Gradients beside finite differences of the reference interpreter, summed up in double.
#include "compiler/float/gradient_tape.h"
#include "compiler/reference/interpreter.h"
#include "tests/support/random_graph.h"
#include "tests/unit/float/compare_with_reference.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace octet::test {
namespace {

constexpr int64_t samples = 3;

/// What the function is like between x - step and x + step.
enum class Shape1d { linear, smooth };

class GradientCheck {
public:
    GradientCheck(const Graph &graph, Shape1d kind)
        : graph_(graph), kind_(kind), inputs_(random_samples(graph, samples)), random_(7) {
        check(graph);
        std::uniform_real_distribution<float> uniform(-1, 1);
        factors_.resize(size_t(samples * graph.tensor(graph.outputs[0]).elements()));
        for (float &factor : factors_)
            factor = uniform(random_);
    }

    void run() {
        const FloatExecutor forward(graph_);
        const Operator &op = graph_.operators[0];
        REQUIRE(graph_.operators.size() == 1);
        std::vector<std::span<const float>> operands;
        for (TensorId id : op.inputs)
            if (id != no_tensor && !graph_.tensor(id).constant())
                operands.push_back(inputs_[input_index(id)]);
        const Values output = forward.execute(0, operands, samples);
        for (int threads : {1, 3}) {
            const GradientExecutor backward(graph_, threads);
            const auto gradients = backward.backward(0, operands, output, factors_, samples,
                                                     std::vector<bool>(op.inputs.size(), true));
            for (size_t k = 0; k < op.inputs.size(); ++k)
                if (op.inputs[k] != no_tensor)
                    compare(op.inputs[k], gradients[k]);
        }
        CHECK(checked_ > 10);
    }

private:
    size_t input_index(TensorId id) const {
        return size_t(std::find(graph_.inputs.begin(), graph_.inputs.end(), id) -
                      graph_.inputs.begin());
    }

    /// The loss: the sum of all outputs of samples [first, last), each times a factor.
    double loss(const Graph &graph, const std::vector<Values> &inputs, int64_t first,
                int64_t last) const {
        double sum = 0;
        for (int64_t sample = first; sample < last; ++sample) {
            std::vector<Bytes> bytes;
            for (const Values &values : inputs) {
                Bytes slab(values.size() / size_t(samples) * sizeof(float));
                std::memcpy(slab.data(),
                            values.data() + size_t(sample) * slab.size() / sizeof(float),
                            slab.size());
                bytes.push_back(std::move(slab));
            }
            const std::vector<Bytes> tensors = reference::run(graph, bytes);
            const Bytes &output = tensors[size_t(graph.outputs[0])];
            const size_t elements = output.size() / sizeof(float);
            std::vector<float> values(elements);
            std::memcpy(values.data(), output.data(), output.size());
            for (size_t i = 0; i < elements; ++i)
                sum += double(values[i]) * factors_[size_t(sample) * elements + i];
        }
        return sum;
    }

    /// The loss with element `i` of a tensor moved by `step`.
    double moved(TensorId id, size_t i, float step) {
        if (graph_.tensor(id).constant()) {
            Graph changed = graph_;
            Bytes bytes = *changed.tensor(id).data;
            float value = 0;
            std::memcpy(&value, bytes.data() + i * sizeof(float), sizeof(float));
            value += step;
            std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
            changed.tensor(id).data = std::make_shared<const Bytes>(std::move(bytes));
            return loss(changed, inputs_, 0, samples);
        }
        std::vector<Values> inputs = inputs_;
        inputs[input_index(id)][i] += step;
        const int64_t sample = int64_t(i) / graph_.tensor(id).elements();
        return loss(graph_, inputs, sample, sample + 1);
    }

    void compare(TensorId id, const Values &gradient) {
        const bool constant = graph_.tensor(id).constant();
        REQUIRE(int64_t(gradient.size()) ==
                graph_.tensor(id).elements() * (constant ? 1 : samples));
        INFO("operand of shape " << to_string(graph_.tensor(id).shape)
                                 << (constant ? ", constant" : ""));
        float largest = 1;
        for (float value : gradient)
            largest = std::max(largest, std::abs(value));
        constexpr float step = 1e-2f;
        constexpr int most = 25;
        const int count = std::min<int>(most, int(gradient.size()));
        int kinks = 0;
        for (int n = 0; n < count; ++n) {
            const size_t i =
                gradient.size() <= size_t(most) ? size_t(n) : random_() % gradient.size();
            const double here = moved(id, i, 0), after = moved(id, i, step),
                         before = moved(id, i, -step);
            const double right = (after - here) / step, left = (here - before) / step;
            // Linear pieces meet between: the gradient is that of one of them.
            if (kind_ == Shape1d::linear && std::abs(right - left) > 2e-3 * largest) {
                ++kinks;
                continue;
            }
            INFO("element " << i);
            CHECK(std::abs((right + left) / 2 - gradient[i]) < 2e-3 * largest);
        }
        checked_ += count - kinks;
    }

    const Graph &graph_;
    Shape1d kind_;
    std::vector<Values> inputs_;
    std::vector<float> factors_;
    std::mt19937 random_;
    int checked_ = 0; ///< elements that were not at a kink
};

void check_gradient(const Graph &graph, Shape1d kind = Shape1d::linear) {
    GradientCheck(graph, kind).run();
}

TEST_CASE("gradients of convolutions are finite differences", "[gradient]") {
    for (uint32_t seed = 0; seed < 24; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        ConvolutionOptions o;
        o.groups = seed % 5 == 4 ? 3 : 1;
        o.channels_out = o.groups * g.uniform(1, 19);
        o.kernel_h = g.uniform(1, 3);
        o.kernel_w = g.uniform(1, 3);
        o.stride_h = g.uniform(1, 3);
        o.stride_w = g.uniform(1, 3);
        o.dilation_h = g.uniform(1, 2);
        o.dilation_w = g.uniform(1, 2);
        o.same = seed % 2 == 0;
        o.bias = seed % 3 != 0;
        o.activation = seed % 4 == 1 ? Activation::relu : Activation::none;
        const TensorId x =
            g.input({g.uniform(1, 2), g.uniform(6, 9), g.uniform(6, 9), o.groups * g.uniform(1, 9)},
                    DType::f32);
        check_gradient(g.finish({g.conv2d(x, o)}));
    }
}

TEST_CASE("gradients of depthwise convolutions are finite differences", "[gradient]") {
    for (uint32_t seed = 0; seed < 24; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        ConvolutionOptions o;
        o.multiplier = seed % 3 == 2 ? 2 : 1;
        o.kernel_h = g.uniform(1, 4);
        o.kernel_w = g.uniform(1, 4);
        o.stride_h = g.uniform(1, 2);
        o.stride_w = g.uniform(1, 2);
        o.dilation_w = g.uniform(1, 2);
        o.same = seed % 2 == 0;
        o.activation = seed % 4 == 1 ? Activation::relu6 : Activation::none;
        const TensorId x =
            g.input({1, g.uniform(7, 12), g.uniform(7, 12), seed % 4 == 0 ? 32 : g.uniform(1, 37)},
                    DType::f32);
        check_gradient(g.finish({g.depthwise_conv2d(x, o)}));
    }
}

TEST_CASE("gradients of transposed convolutions are finite differences", "[gradient]") {
    for (uint32_t seed = 0; seed < 12; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        ConvolutionOptions o;
        o.channels_out = g.uniform(1, 9);
        o.kernel_h = g.uniform(1, 4);
        o.kernel_w = g.uniform(1, 4);
        o.stride_h = g.uniform(1, o.kernel_h);
        o.stride_w = g.uniform(1, o.kernel_w);
        o.same = seed % 2 == 0;
        const TensorId x =
            g.input({1, g.uniform(2, 6), g.uniform(2, 6), g.uniform(1, 20)}, DType::f32);
        check_gradient(g.finish({g.transpose_conv2d(x, o)}));
    }
}

TEST_CASE("gradients of fully connected operators are finite differences", "[gradient]") {
    for (uint32_t seed = 0; seed < 12; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        FullyConnectedOptions o;
        o.channels_out = g.uniform(1, 40);
        o.keep_dims = seed % 2 == 0;
        o.bias = seed % 3 != 0;
        o.activation = seed % 4 == 1 ? Activation::relu : Activation::none;
        const TensorId x = g.input({g.uniform(1, 3), g.uniform(1, 50)}, DType::f32);
        check_gradient(g.finish({g.fully_connected(x, o)}));
    }
}

TEST_CASE("gradients of functions of one element are finite differences", "[gradient]") {
    for (OpKind kind : {OpKind::relu, OpKind::relu6, OpKind::relu_n1_to_1, OpKind::logistic,
                        OpKind::tanh, OpKind::hard_swish, OpKind::leaky_relu}) {
        INFO(name_of(kind));
        RandomGraph g(3);
        const TensorId x = g.input({1, 5, 6, 7}, DType::f32);
        const Attributes attributes =
            kind == OpKind::leaky_relu ? Attributes(LeakyReluAttributes{0.3f}) : Attributes();
        const bool smooth =
            kind == OpKind::logistic || kind == OpKind::tanh || kind == OpKind::hard_swish;
        check_gradient(
            g.finish({g.append(kind, {x}, DType::f32, g.tensor(x).shape, {}, attributes)}),
            smooth ? Shape1d::smooth : Shape1d::linear);
    }
    RandomGraph g(4);
    const TensorId x = g.input({2, 3, 9}, DType::f32);
    check_gradient(g.finish({g.softmax(x, 1.7f)}), Shape1d::smooth);
}

TEST_CASE("gradients of arithmetic that broadcasts are finite differences", "[gradient]") {
    const std::pair<OpKind, Attributes> functions[] = {
        {OpKind::add, AddAttributes{}},
        {OpKind::add, AddAttributes{Activation::relu}},
        {OpKind::sub, SubAttributes{Activation::relu6}},
        {OpKind::mul, MulAttributes{}},
        {OpKind::mul, MulAttributes{Activation::relu}},
        {OpKind::minimum, {}},
        {OpKind::maximum, {}},
        {OpKind::prelu, {}},
    };
    for (const auto &[kind, attributes] : functions)
        for (int form = 0; form < 4; ++form) {
            INFO(name_of(kind) << ", form " << form);
            if (kind == OpKind::prelu && form != 2)
                continue;
            if ((kind == OpKind::minimum || kind == OpKind::maximum) && form < 2)
                continue;
            RandomGraph g(11);
            const Shape shape{1, 4, 3, 10};
            const TensorId x = g.input(shape, DType::f32);
            const TensorId y = form == 0   ? g.input(shape, DType::f32)
                               : form == 1 ? g.input({1, 1, 1, 10}, DType::f32)
                               : form == 2 ? g.constant({10}, DType::f32)
                                           : g.constant({1}, DType::f32);
            check_gradient(g.finish({g.append(kind, {x, y}, DType::f32, shape, {}, attributes)}));
        }
}

TEST_CASE("gradients of operators that move elements are finite differences", "[gradient]") {
    const auto one = [](auto &&make) {
        RandomGraph g(5);
        const TensorId x = g.input({1, 4, 5, 6}, DType::f32);
        check_gradient(g.finish({make(g, x)}));
    };
    one([](RandomGraph &g, TensorId x) { return g.pad(x, {{0, 0}, {1, 2}, {0, 1}, {2, 0}}); });
    one([](RandomGraph &g, TensorId x) { return g.transpose(x, {0, 3, 1, 2}); });
    one([](RandomGraph &g, TensorId x) { return g.reshape(x, {1, 120}); });
    one([](RandomGraph &g, TensorId x) {
        return g.slice(x, {0, 1, 0, 1}, {1, 2, 3, 2}, {1, 1, 2, 2});
    });
    one([](RandomGraph &g, TensorId x) {
        const TensorId y = g.input({1, 4, 5, 2}, DType::f32);
        return g.concatenation({x, g.constant({1, 4, 5, 3}, DType::f32), y}, 3);
    });
    one([](RandomGraph &g, TensorId x) { return g.resize(OpKind::resize_nearest, x, 9, 7); });
}

TEST_CASE("an operand that is read twice gives its gradient twice", "[gradient]") {
    RandomGraph g(5);
    const TensorId x = g.input({1, 3, 4}, DType::f32);
    const Graph graph = g.finish({g.concatenation({x, x}, 1)});
    const std::vector<Values> inputs = random_samples(graph, 1);
    const FloatExecutor forward(graph);
    const Values output = forward.execute(0, {inputs[0], inputs[0]}, 1);
    const Values ones(output.size(), 1.0f);
    const auto gradients =
        GradientExecutor(graph).backward(0, {inputs[0], inputs[0]}, output, ones, 1, {true, false});
    CHECK(gradients[0] == Values(inputs[0].size(), 1.0f));
    CHECK(gradients[1].empty());
}

TEST_CASE("gradients of pools and means are finite differences", "[gradient]") {
    for (uint32_t seed = 0; seed < 12; ++seed) {
        INFO("seed " << seed);
        RandomGraph g(seed);
        const TensorId x = g.input(
            {g.uniform(1, 2), g.uniform(5, 8), g.uniform(5, 8), g.uniform(1, 9)}, DType::f32);
        Pool2dAttributes a;
        a.kernel_h = g.uniform(1, 3);
        a.kernel_w = g.uniform(1, 3);
        a.stride_h = g.uniform(1, 3);
        a.stride_w = g.uniform(1, 3);
        if (a.kernel_h == 3)
            a.padding.top = a.padding.bottom = 1;
        a.activation = seed % 4 == 3 ? Activation::relu : Activation::none;
        if (seed % 3 == 0)
            check_gradient(g.finish({g.average_pool2d(x, a)}));
        else if (seed % 3 == 1)
            check_gradient(g.finish({g.max_pool2d(x, a)}));
        else
            check_gradient(
                g.finish({g.mean(x, seed % 2 ? std::vector{1, 2} : std::vector{3}, seed % 4 < 2)}));
    }
}

TEST_CASE("a tape goes back over a network to all of its weights", "[gradient]") {
    RandomGraph g(2);
    const TensorId x = g.input({1, 6, 6, 4}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 5, .same = true});
    const TensorId b = g.tanh(a);
    const TensorId c = g.conv2d(b, {.channels_out = 5, .kernel_h = 1, .kernel_w = 1});
    const TensorId d = g.add(c, b);
    const Graph graph = g.finish({g.mean(d, {1, 2})});
    check(graph);
    const std::vector<Values> inputs = random_samples(graph, samples);
    const Values ones(size_t(samples) * 5, 1.0f);
    const FloatExecutor forward(graph);
    const GradientExecutor backward(graph);
    Tape tape(graph, forward, backward, 0, graph.operators.size());
    tape.run({{x, inputs[0]}}, samples);
    const TensorId weights = graph.operators[0].inputs[1], bias = graph.operators[2].inputs[2];
    const auto gradients = tape.back({{graph.outputs[0], ones}}, {weights, bias, x});
    REQUIRE(gradients.size() == 3);
    for (TensorId id : {weights, bias, x})
        for (size_t i = 0; i < gradients.at(id).size(); i += 7) {
            constexpr float step = 1e-2f;
            const auto sum = [&](float move) {
                Graph changed = graph;
                Values moved = inputs[0];
                if (id == x) {
                    moved[i] += move;
                } else {
                    Bytes bytes = *changed.tensor(id).data;
                    reinterpret_cast<float *>(bytes.data())[i] += move;
                    changed.tensor(id).data = std::make_shared<const Bytes>(std::move(bytes));
                }
                double total = 0;
                for (const auto &sample : reference_values(changed, {moved}, samples))
                    for (float value : sample[size_t(graph.outputs[0])])
                        total += value;
                return total;
            };
            CHECK(std::abs((sum(step) - sum(-step)) / (2 * step) - gradients.at(id)[i]) < 2e-3);
        }
}

TEST_CASE("a tape passes gradients straight through what puts values on grids", "[gradient]") {
    RandomGraph g(2);
    const TensorId x = g.input({4}, DType::f32), k = g.constant({4}, DType::f32);
    const TensorId y = g.mul(x, k);
    const Graph graph = g.finish({g.mul(y, k)});
    const FloatExecutor forward(graph);
    const GradientExecutor backward(graph);
    Tape tape(graph, forward, backward, 0, 2);
    const auto round = [](TensorId, std::span<float> values) {
        for (float &value : values)
            value = std::clamp(std::nearbyint(value * 4) / 4, -0.25f, 0.25f);
    };
    const auto stop = [](TensorId, std::span<const float> computed, std::span<float> gradient) {
        for (size_t i = 0; i < computed.size(); ++i)
            if (std::abs(computed[i]) > 0.25f)
                gradient[i] = 0;
    };
    const Values factors(graph.tensor(k).values<float>().begin(),
                         graph.tensor(k).values<float>().end());
    tape.run({{x, {0.1f, 0.2f, 0.3f, 9.0f}}}, 1, round);
    const auto gradient = tape.back({{graph.outputs[0], {1, 1, 1, 1}}}, {x, k}, stop);
    for (size_t i = 0; i < 4; ++i) {
        const float product = tape.computed(y)[i];
        const bool passes = std::abs(product) <= 0.25f;
        const float on_grid = std::clamp(std::nearbyint(product * 4) / 4, -0.25f, 0.25f);
        CHECK(gradient.at(x)[i] == Approx(passes ? factors[i] * factors[i] : 0.0f));
        const float values[] = {0.1f, 0.2f, 0.3f, 9.0f};
        CHECK(gradient.at(k)[i] == Approx(on_grid + (passes ? factors[i] * values[i] : 0.0f)));
    }
}

TEST_CASE("operators without a gradient are named", "[gradient]") {
    RandomGraph g(5);
    const TensorId x = g.input({1, 4, 5, 6}, DType::f32);
    const Graph graph = g.finish({g.resize(OpKind::resize_bilinear, x, 9, 7)});
    CHECK_THROWS_WITH(GradientExecutor(graph), Catch::Contains(graph.operators[0].name));
}

} // namespace
} // namespace octet::test
