// What lowering proves and refuses, on compiled kernels where it takes the chip to tell.
#include "compiler/compile.h"
#include "compiler/reference/interpreter.h"
#include "generators/conv2d.h"
#include "tests/operators/kernels_cache.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

#include <cmath>
#include <cstring>

namespace octet::test {
namespace {

Compiled compile_for(const Graph &graph, const std::string &target) {
    CompileOptions options;
    options.target = find_target(target);
    options.cache = KernelCache::folder();
    return compile(graph, options);
}

/// The values of a call's float constant of that name.
std::vector<float> constant(const lower::Program &program, const lower::Call &call,
                            const generators::Signature &signature, const std::string &name) {
    for (size_t i = 0; i < signature.inputs.size(); ++i)
        if (signature.inputs[i].name == name) {
            std::vector<float> values(call.arguments[i].bytes / sizeof(float));
            std::memcpy(values.data(), program.weights.data() + call.arguments[i].offset,
                        values.size() * sizeof(float));
            return values;
        }
    FAIL("the kernel has no argument " << name);
    return {};
}

TEST_CASE("a fused multiply-add rounds once where the target says so", "[lower]") {
    for (const std::string name : {"x86-64-avx512-vnni", "x86-64-avx2"}) {
        const Target target = find_target(name);
        if (!target.fused_multiply_add || !runs_here(target)) {
            WARN(name << " does not run here: not tested on it");
            continue;
        }
        INFO(name);
        // Many accumulators, so that some products lie where rounding them first would tell.
        constexpr int rows = 16384, channels = 256, depth = 16;
        RandomGraph g(11);
        const Graph graph = g.finish({g.fully_connected(
            g.input({rows, depth}), {.channels_out = channels, .per_channel = true})});
        const Compiled compiled = compile_for(graph, name);
        const lower::Program &program = compiled.program;
        const auto called = std::find_if(program.calls.begin(), program.calls.end(),
                                         [](const auto &call) { return call.macs > 0; });
        REQUIRE(called != program.calls.end());
        const auto spec = nlohmann::json::parse(program.kernels[size_t(called->kernel)].spec)
                              .at("spec")
                              .get<generators::Conv2dSpec>();
        REQUIRE(spec.epilogue.fused);
        REQUIRE(spec.epilogue.form == generators::EpilogueForm::scale_copysign);
        const generators::Conv2d kernel(spec);
        const std::vector<float> scale = constant(program, *called, kernel.signature, "scale");
        const std::vector<float> offset = constant(program, *called, kernel.signature, "offset");
        const std::vector<float> range =
            constant(program, *called, kernel.signature, "float_range");

        const std::vector<Bytes> inputs = random_inputs(graph, 12);
        const Bytes expected = reference::run(graph, inputs)[size_t(graph.outputs[0])];
        CHECK(Session(compiled).run(inputs)[0] == expected);

        // The same constants, but two roundings: wrong somewhere, or the above would prove nothing.
        const Operator &op = graph.operators[0];
        const auto weights = graph.tensor(op.inputs[1]).values<int8_t>();
        const auto bias = graph.tensor(op.inputs[2]).values<int32_t>();
        const int32_t zero_point = graph.tensor(op.inputs[0]).quantization.zero_point();
        const auto *x = reinterpret_cast<const int8_t *>(inputs[0].data());
        int64_t wrong = 0;
        for (size_t row = 0; row < rows; ++row)
            for (size_t c = 0; c < channels; ++c) {
                int32_t acc = bias[c];
                for (size_t i = 0; i < depth; ++i)
                    acc += (x[row * depth + i] - zero_point) * weights[c * depth + i];
                const float value = float(acc) + (acc < 0 ? -offset[c] : offset[c]);
                const volatile float product = value * scale[c];
                const float rounded = std::clamp(product + range[0], range[1], range[2]);
                int32_t bits = 0;
                std::memcpy(&bits, &rounded, sizeof bits);
                const bool rebiased = spec.epilogue.out_type == "u8";
                wrong += uint8_t(bits - (rebiased ? 128 : 0)) != expected[row * channels + c];
            }
        CHECK(wrong > 0);
    }
}

TEST_CASE("accumulators that may overflow are refused by name", "[lower]") {
    RandomGraph g;
    Graph graph = g.finish({g.conv2d(g.input({1, 3, 3, 8}), {})});
    Tensor &bias = graph.tensor(graph.operators[0].inputs[2]);
    std::vector<int32_t> values(size_t(bias.elements()), 0);
    values[5] = std::numeric_limits<int32_t>::max() - 1000;
    Bytes bytes(bias.bytes());
    std::memcpy(bytes.data(), values.data(), bytes.size());
    bias.data = std::make_shared<const Bytes>(bytes);
    check_message(error_of([&] { compile_for(graph, "host"); }),
                  {"conv2d_0", "channel 5", "int32"});
}

TEST_CASE("multipliers that shift accumulators out of int32 are refused by name", "[lower]") {
    RandomGraph g;
    Graph graph = g.finish({g.conv2d(g.input({1, 3, 3, 64}), {})});
    graph.tensor(graph.outputs[0]).quantization.scales[0] *= 1e-7f;
    graph.set_rounding(Rounding::micro);
    check_message(error_of([&] { compile_for(graph, "host"); }), {"conv2d_0", "int32"});
    // A product in single precision has nothing to shift.
    graph.set_rounding(Rounding::float32);
    CHECK(verify(graph, compile_for(graph, "host"), 1).mismatches == 0);
}

/// The operators that have calls in the program, in order.
std::vector<OpKind> called(const Graph &graph) {
    std::vector<OpKind> kinds;
    for (const lower::Call &call : compile_for(graph, "host").program.calls)
        kinds.push_back(call.op);
    return kinds;
}

TEST_CASE("an activation of its own disappears where that is exact", "[lower]") {
    const auto build = [](bool other_scale) {
        RandomGraph g(4);
        const TensorId x = g.conv2d(g.input({1, 4, 4, 16}), {.channels_out = 16});
        Quantization q = g.tensor(x).quantization;
        if (other_scale)
            q.scales[0] *= 1.5f;
        const TensorId y = g.append(OpKind::relu6, {x}, DType::s8, g.tensor(x).shape, q);
        return g.finish({g.conv2d(y, {.channels_out = 16, .kernel_h = 1, .kernel_w = 1})});
    };
    const auto count = [](const std::vector<OpKind> &kinds, OpKind kind) {
        return std::count(kinds.begin(), kinds.end(), kind);
    };
    CHECK(count(called(build(false)), OpKind::relu6) == 0);
    CHECK(count(called(build(true)), OpKind::relu6) == 1);
}

TEST_CASE("functions of one byte in a row are one table", "[lower]") {
    using Kinds = std::vector<OpKind>;
    const auto build = [](bool read_between) {
        RandomGraph g(3);
        const TensorId x = g.input({1, 4, 4, 16}), scalar = g.constant({1});
        const TensorId shifted = g.clamp(OpKind::relu6, g.add(x, scalar));
        const TensorId y = g.hard_swish(g.mul(shifted, scalar));
        return g.finish(read_between ? std::vector{y, shifted} : std::vector{y});
    };
    CHECK(called(build(false)) == Kinds{OpKind::hard_swish});
    // The sum, with its clamp, is an output as well: one kernel for it, one table behind it, and
    // the copy to the output.
    CHECK(called(build(true)) == Kinds{OpKind::add, OpKind::hard_swish, OpKind::reshape});
}

TEST_CASE("an input that is an output is copied", "[lower]") {
    RandomGraph g;
    const TensorId x = g.input({2, 3, 10});
    const Graph graph = g.finish({x, g.logistic(x)});
    const std::vector<Bytes> inputs = random_inputs(graph);
    const std::vector<Bytes> outputs = Session(compile_for(graph, "host")).run(inputs);
    CHECK(outputs[0] == inputs[0]);
}

} // namespace
} // namespace octet::test
