// Kernels against the reference interpreter, bit for bit: every case on every x86 target that runs
// here, in every rounding.
#include "compiler/compile.h"
#include "compiler/reference/interpreter.h"
#include "tests/operators/kernels_cache.h"
#include "tests/operators/kernels_cases.h"
#include "tests/operators/kernels_symbols.h"
#include "tests/operators/reference_cases.h"
#include "tests/support/expect_error.h"
#include "tests/support/sample_graphs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace octet::test {
namespace {

constexpr Rounding roundings[] = {Rounding::reference, Rounding::micro, Rounding::float32};

const std::vector<Target> &targets() {
    static const std::vector<Target> here = [] {
        std::vector<Target> found;
        for (const char *name : {"x86-64-avx512-vnni", "x86-64-avx512-vnni-intel", "x86-64-avx2"}) {
            const Target target = find_target(name);
            if (runs_here(target))
                found.push_back(target);
            else
                fmt::print(stderr, "{}: skipped, this machine lacks some instructions\n", name);
        }
        return found;
    }();
    return here;
}

Compiled compile_here(const Graph &graph, const Target &target) {
    CompileOptions options;
    options.target = target;
    options.cache = KernelCache::folder();
    return compile(graph, options);
}

/// Kernels stand alone: of Halide's runtime they may want the thread pool's entry only.
void check_symbols(const Compiled &compiled) {
    for (const auto &object : compiled.objects)
        for (const std::string &symbol : undefined_symbols(object)) {
            INFO(object << " wants " << symbol);
            CHECK((!symbol.starts_with("halide_") || symbol == "halide_do_par_for"));
        }
}

void check_verdict(const Graph &graph, const Compiled &compiled) {
    const Verdict verdict = verify(graph, compiled, 2);
    for (const LayerVerdict &layer : verdict.layers) {
        INFO(layer.name << ": " << layer.outputs << " outputs");
        CHECK(layer.mismatches == 0);
    }
    CHECK(verdict.mismatches == 0);
    CHECK(verdict.outputs > 0);
}

void check_group(const CaseGroup &group) {
    Graph graph = merged(group);
    for (const Target &target : targets())
        for (const Rounding rounding : roundings) {
            INFO(target.name << ", " << name_of(rounding));
            graph.set_rounding(rounding);
            const Compiled compiled = compile_here(graph, target);
            fmt::print(stderr, "{:<20} {:<20} {:<10} {} kernels, {} new\n", group.name, target.name,
                       name_of(rounding), compiled.program.kernels.size(),
                       compiled.program.kernels.size() - compiled.cache_hits);
            check_verdict(graph, compiled);
            check_symbols(compiled);
        }
}

TEST_CASE("convolutions equal the reference", "[kernels]") {
    for (const CaseGroup &group : convolution_cases())
        check_group(group);
}

TEST_CASE("operators without weights equal the reference", "[kernels]") {
    for (const CaseGroup &group : pointwise_cases())
        check_group(group);
}

TEST_CASE("arithmetic of two operands and chains equal the reference", "[kernels][arithmetic]") {
    for (const CaseGroup &group : arithmetic_cases())
        check_group(group);
}

TEST_CASE("slices, resizing and transposed convolutions equal the reference", "[kernels][images]") {
    for (const CaseGroup &group : image_cases())
        check_group(group);
}

TEST_CASE("connected operators equal the reference", "[kernels]") {
    for (const CaseGroup &group : network_cases())
        check_group(group);
}

bool has_asymmetric_weights(const Graph &graph) {
    for (const Operator &op : graph.operators)
        if (macs(graph, op) > 0)
            for (const int32_t zero_point : graph.tensor(op.inputs[1]).quantization.zero_points)
                if (zero_point != 0)
                    return true;
    return false;
}

/// Conversions from and to 16 bits are among the operators on 8; they have no kernels.
bool has_16_bits(const Graph &graph) {
    return std::ranges::any_of(graph.tensors,
                               [](const Tensor &tensor) { return tensor.dtype == DType::s16; });
}

/// Random inputs, and those made for the cases: values at ties.
void check_group(const CaseGroup &group, const std::vector<Bytes> &inputs) {
    check_group(group);
    Graph graph = merged(group);
    for (const Rounding rounding : roundings) {
        graph.set_rounding(rounding);
        const std::vector<Bytes> expected = reference::run(graph, inputs);
        for (const Target &target : targets()) {
            const std::vector<Bytes> outputs = Session(compile_here(graph, target)).run(inputs);
            for (size_t i = 0; i < outputs.size(); ++i) {
                INFO(target.name << ", " << name_of(rounding) << ", "
                                 << graph.tensor(graph.outputs[i]).name);
                CHECK(outputs[i] == expected[size_t(graph.outputs[i])]);
            }
        }
    }
}

TEST_CASE("zero points at the ends, ties and far scales equal the reference", "[kernels][sweep]") {
    constexpr size_t cases_at_once = 100; // A model has at most 256 inputs.
    CaseGroup group{"sweep", {}};
    std::vector<Bytes> inputs;
    const auto flush = [&] {
        check_group(group, inputs);
        group.cases.clear();
        inputs.clear();
    };
    size_t count = 0;
    for (SweepCase &c : quantized_sweep(8, 1000)) {
        if (has_asymmetric_weights(c.oracle.graph) || has_16_bits(c.oracle.graph))
            continue;
        group.cases.push_back(std::move(c.oracle.graph));
        group.cases.back().name = fmt::format("sweep_{}", ++count);
        inputs.insert(inputs.end(), c.oracle.inputs.begin(), c.oracle.inputs.end());
        if (group.cases.size() == cases_at_once)
            flush();
    }
    flush();
}

TEST_CASE("sample graphs have kernels or one clear error", "[kernels]") {
    // Operators on reals other than moves and conversions have no kernels.
    const std::set<std::string> without_kernels = {"add",
                                                   "average_pool",
                                                   "conv2d",
                                                   "conv2d_dilated",
                                                   "conv2d_groups",
                                                   "conv2d_same_stride",
                                                   "depthwise",
                                                   "depthwise_multiplier",
                                                   "fully_connected",
                                                   "fully_connected_channels",
                                                   "fully_connected_keep",
                                                   "hard_swish",
                                                   "leaky_relu",
                                                   "logistic",
                                                   "max_pool",
                                                   "maximum",
                                                   "mean",
                                                   "mean_keep",
                                                   "minimum",
                                                   "mul",
                                                   "network",
                                                   "prelu",
                                                   "relu",
                                                   "relu6",
                                                   "relu_n1_to_1",
                                                   "resize_bilinear",
                                                   "softmax",
                                                   "sub",
                                                   "tanh",
                                                   "transpose_conv",
                                                   "transpose_conv_valid"};
    CaseGroup group{"samples", {}};
    size_t refused = 0;
    for (const Graph &graph : sample_graphs()) {
        const size_t suffix = graph.name.find("_float32");
        if (suffix == std::string::npos || !without_kernels.count(graph.name.substr(0, suffix))) {
            group.cases.push_back(graph);
            continue;
        }
        const std::string message = error_of([&] { compile_here(graph, targets().front()); });
        INFO(graph.name);
        check_message(message, {graph.operators.front().name, "float32", "quantize"});
        ++refused;
    }
    CHECK(refused == without_kernels.size());
    check_group(group);
}

TEST_CASE("all operators without kernels are named at once", "[kernels]") {
    RandomGraph g;
    const TensorId x = g.conv2d(g.input({1, 4, 4, 3}, DType::f32), {});
    const Graph graph = g.finish({g.softmax(g.reshape(x, {2, 16}))});
    const std::string message = error_of([&] { compile_here(graph, targets().front()); });
    check_message(message, {"conv2d_0 (CONV_2D)", "softmax_2 (SOFTMAX)"});
    CHECK_THAT(message, !Catch::Contains("reshape_1"));
}

TEST_CASE("asymmetric weights are refused by name", "[kernels]") {
    RandomGraph g;
    const Graph graph =
        g.finish({g.fully_connected(g.input({1, 8}), {.channels_out = 4, .weight_zero_point = 5})});
    check_message(error_of([&] { compile_here(graph, targets().front()); }),
                  {"fully_connected_0", "zero point 5"});
}

} // namespace
} // namespace octet::test
