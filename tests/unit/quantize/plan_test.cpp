// Plans: which tensors share a grid, which grids operators fix, and what the user gives.
#include "compiler/quantize/plan.h"

#include "compiler/quantize/weighted.h"
#include "tests/support/expect_error.h"
#include "tests/unit/quantize/float_networks.h"

#include <cmath>

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

Options minmax() {
    Options options;
    options.scheme.calibration = {.method = Method::minmax, .search = false};
    return options;
}

Plan plan_of(const Graph &graph, const Options &options) {
    return make_plan(graph, observe(graph, FloatExecutor(graph), random_samples(graph, 8)),
                     options);
}

/// Two convolutions of one input, pooled and joined, then a reshape.
struct Joined {
    TensorId x, a, b, pooled_a, pooled_b, joined, flat;
    Graph graph;

    Joined() {
        RandomGraph g(5);
        x = g.input({1, 5, 5, 3}, DType::f32);
        a = g.conv2d(x, {.channels_out = 4, .activation = Activation::relu});
        b = g.conv2d(x, {.channels_out = 4});
        const Pool2dAttributes pool{.kernel_h = 2, .kernel_w = 2, .stride_h = 1, .stride_w = 1};
        pooled_a = g.max_pool2d(a, pool);
        pooled_b = g.average_pool2d(b, pool);
        joined = g.concatenation({pooled_a, pooled_b}, 3);
        flat = g.reshape(joined, {1, 32});
        graph = g.finish({flat});
    }
    std::string name(TensorId id) const { return graph.tensor(id).name; }
    const std::string &op(TensorId id) const {
        for (const Operator &op : graph.operators)
            if (op.outputs[0] == id)
                return op.name;
        throw std::logic_error("no producer");
    }
};

void add_rule(Options &options, const std::string &name, const Range &range) {
    options.rules.emplace_back().name = name;
    options.rules.back().range = range;
}

std::string refusal(const Graph &graph, const Options &options) {
    try {
        plan_of(graph, options);
    } catch (const UsageError &error) {
        return error.what();
    }
    return "(no error)";
}

} // namespace

TEST_CASE("What only moves values has one grid, which holds all of its sources", "[quantize]") {
    const Joined net;
    const Statistics statistics =
        observe(net.graph, FloatExecutor(net.graph), random_samples(net.graph, 8));
    const Plan plan = make_plan(net.graph, statistics, minmax());
    for (TensorId id : {net.b, net.pooled_a, net.pooled_b, net.joined, net.flat}) {
        CHECK(plan.of(id).group == plan.of(net.a).group);
        CHECK(plan.of(id).affine == plan.of(net.a).affine);
        CHECK(plan.of(id).adjustable);
    }
    CHECK(plan.of(net.x).group != plan.of(net.a).group);
    const Histogram &a = statistics.of(net.a).histogram, &b = statistics.of(net.b).histogram;
    CHECK(plan.of(net.a).range == Range{std::min(a.min(), b.min()), std::max(a.max(), b.max())});
    // 255 steps between the ends, of which the zero point lies on an integer.
    CHECK(plan.of(net.a).affine.scale ==
          Approx((plan.of(net.a).range.hi - plan.of(net.a).range.lo) / 255));
}

TEST_CASE("Softmax, logistic and tanh have the grids of all engines", "[quantize]") {
    RandomGraph g(6);
    const TensorId x = g.input({1, 8}, DType::f32);
    const TensorId s = g.softmax(x), l = g.logistic(x), t = g.tanh(x);
    const TensorId moved = g.reshape(s, {8, 1});
    const Graph graph = g.finish({s, l, t, moved});
    const Plan plan = plan_of(graph, minmax());
    CHECK(plan.of(s).affine == Affine{1.0f / 256, -128});
    CHECK(plan.of(l).affine == Affine{1.0f / 256, -128});
    CHECK(plan.of(t).affine == Affine{1.0f / 128, 0});
    CHECK(plan.of(moved).affine == plan.of(s).affine);
    CHECK_FALSE(plan.of(s).adjustable);

    for (TensorId id : {s, l, t, moved}) {
        Options options = minmax();
        options.ranges[graph.tensor(id).name] = {-1, 1};
        check_message(refusal(graph, options),
                      {graph.tensor(id).name, "[-1, 1]", "is fixed", "take the range away"});
    }
    Options rule = minmax();
    add_rule(rule, "softmax*", {0, 2});
    check_message(refusal(graph, rule), {"[0, 2]", "is fixed"});
}

TEST_CASE("A given range is that of its whole group", "[quantize]") {
    const Joined net;
    for (TensorId id : {net.a, net.pooled_b, net.joined, net.flat}) {
        Options by_name = minmax(), by_rule = minmax();
        by_name.ranges[net.name(id)] = {-0.5f, 0.75f};
        add_rule(by_rule, net.op(id), {-0.5f, 0.75f});
        for (const Options &options : {by_name, by_rule}) {
            const Plan plan = plan_of(net.graph, options);
            for (TensorId other : {net.a, net.b, net.pooled_a, net.joined, net.flat}) {
                CHECK(plan.of(other).range == Range{-0.5f, 0.75f});
                CHECK_FALSE(plan.of(other).adjustable);
            }
            CHECK(plan.of(net.x).adjustable);
        }
    }
    // A tensor's own name is nearer than the rule for its operator.
    Options both = minmax();
    add_rule(both, net.op(net.a), {-9, 9});
    both.ranges[net.name(net.a)] = {-2, 2};
    CHECK(plan_of(net.graph, both).of(net.flat).range == Range{-2, 2});
}

TEST_CASE("Ranges that contradict each other or mean nothing are refused", "[quantize]") {
    const Joined net;
    Options options = minmax();
    options.ranges[net.name(net.a)] = {-1, 1};
    options.ranges[net.name(net.joined)] = {-1, 2};
    check_message(refusal(net.graph, options),
                  {"'" + net.name(net.a) + "'", "'" + net.name(net.joined) + "'", "[-1, 1]",
                   "[-1, 2]", "one grid"});
    options.ranges[net.name(net.joined)] = {-1, 1};
    CHECK(plan_of(net.graph, options).of(net.b).range == Range{-1, 1});
    add_rule(options, net.op(net.pooled_a), {-3, 3});
    check_message(refusal(net.graph, options), {"one grid", "[-3, 3]"});

    Options unknown = minmax();
    unknown.ranges["elsewhere"] = {-1, 1};
    check_message(refusal(net.graph, unknown), {"'elsewhere'", "no tensor"});
    Options real = minmax();
    real.scheme.compute = Compute::float32;
    real.ranges[net.name(net.a)] = {-1, 1};
    check_message(refusal(net.graph, real), {net.name(net.a), "stays float"});
}

TEST_CASE("Schemes of activations give their grids", "[quantize]") {
    const Joined net;
    Options options = minmax();
    options.ranges[net.name(net.x)] = {-3, 5};
    const auto affine = [&](const char *scheme) {
        options.scheme.activations = activation_scheme(scheme);
        const Plan plan = plan_of(net.graph, options);
        CHECK(dtype_of(plan.of(net.x).grid) ==
              (options.scheme.activations.is_unsigned ? DType::u8 : DType::s8));
        return plan.of(net.x).affine;
    };
    // 8 / 255 a step; -3 is 95.6 steps below zero.
    CHECK(affine("asymmetric").scale == Approx(8.0 / 255));
    CHECK(affine("asymmetric").zero_point == -128 + 96);
    CHECK(affine("asymmetric,unsigned").zero_point == 96);
    CHECK(affine("symmetric").scale == Approx(5.0 / 127));
    CHECK(affine("symmetric").zero_point == 0);
    CHECK(affine("pow2") == Affine{1.0f / 16, 0}); // the least not below 5 / 127
}

TEST_CASE("A tensor that is always 0 gets a scale and a note", "[quantize]") {
    Joined net;
    Graph &graph = net.graph;
    for (size_t operand : {1u, 2u}) {
        Tensor &constant = graph.tensor(graph.operators[0].inputs[operand]);
        set_floats(constant, std::vector<float>(size_t(constant.elements())));
    }
    Options options = minmax();
    options.rules.emplace_back().name = net.op(net.pooled_a);
    options.rules[0].compute = Compute::float32; // The convolution's grid is its own then.
    const Plan plan = plan_of(graph, options);
    CHECK(plan.of(net.a).affine.scale == Approx(2.0 / 255));
    REQUIRE(plan.notes.size() == 1);
    check_message(plan.notes[0], {"'" + net.name(net.a) + "'", "0 on all"});
}
