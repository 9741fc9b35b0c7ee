// What a target's description lets a quantization be: defaults adapt, wishes are refused.
#include "compiler/quantize/obey.h"
#include "tests/support/expect_error.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <unistd.h>

using namespace octet;
using namespace octet::quantize;
using octet::test::check_message;
using octet::test::error_of;

namespace {

/// A shipped target with this `quantization`, read from a file.
Target target_with(const nlohmann::json &quantization) {
    namespace fs = std::filesystem;
    auto description =
        nlohmann::json::parse(std::ifstream(target_directory() / "x86-64-avx2.json"));
    description["quantization"] = quantization;
    const fs::path folder = fs::temp_directory_path() / fmt::format("octet-obey-{}", getpid());
    fs::create_directories(folder);
    std::ofstream(folder / "chip.json") << description.dump();
    struct Removal {
        fs::path folder;
        ~Removal() { fs::remove_all(folder); }
    } removal{folder};
    return read_target(folder / "chip.json");
}

Options asking(const std::string &weights, const std::string &activations = "") {
    Options options;
    options.asked = {weights, activations};
    if (!weights.empty())
        options.scheme.weights = weight_scheme(weights);
    if (!activations.empty())
        options.scheme.activations = activation_scheme(activations);
    return options;
}

} // namespace

TEST_CASE("A target that says nothing runs what the kernels run", "[obey]") {
    const Target target = find_target("x86-64-avx2");
    CHECK(obey({}, target).scheme.weights == WeightScheme{});
    CHECK(obey({}, target).scheme.activations == ActivationScheme{});
    CHECK(obey(asking("codebook:16"), target).scheme.weights.centroids == 16);
    check_message(error_of([&] { obey(asking("per-tensor,asymmetric"), target); }),
                  {"target x86-64-avx2: weights 'per-tensor,asymmetric'", "use symmetric"});
    check_message(error_of([&] { obey(asking("", "symmetric,16"), target); }),
                  {"activations 'symmetric,16'", "activations of 16 bits", "use 8 bits"});
}

TEST_CASE("What is left open adapts to the target", "[obey]") {
    const Target target = target_with({{"weight_bits", {4, 2}},
                                       {"per_channel", false},
                                       {"asymmetric_activations", false},
                                       {"activation_bits", {16}}});
    const Options adapted = obey({}, target);
    CHECK(to_text(adapted.scheme.weights) == "per-tensor,symmetric,4");
    CHECK(to_text(adapted.scheme.activations) == "symmetric,16,signed");
    CHECK(to_text(obey(asking("2"), target).scheme.weights) == "per-tensor,symmetric,2");

    const Target shifts = target_with({{"power_of_two_scales", true}});
    CHECK(to_text(obey(asking("4"), shifts).scheme.weights) == "per-channel,pow2,4");
    CHECK(to_text(obey({}, shifts).scheme.activations) == "pow2,8,signed");
}

TEST_CASE("What is spelled out is refused where the target cannot", "[obey]") {
    const Target target = target_with({{"weight_bits", {8, 4}},
                                       {"codebooks", false},
                                       {"per_channel", false},
                                       {"asymmetric_activations", false}});
    const auto refused = [&](const Options &options, const std::vector<std::string> &parts) {
        check_message(error_of([&] { obey(options, target); }), parts);
    };
    refused(asking("2"), {"target chip: weights '2'", "weights of 2 bits", "use 8 or 4 bits"});
    refused(asking("per-channel,4"), {"weights 'per-channel,4'", "use per-tensor"});
    refused(asking("codebook:4"), {"codebooks", "use 8 or 4 bits"});
    refused(asking("", "asymmetric"), {"activations 'asymmetric'", "use symmetric or pow2"});
    refused(asking("", "symmetric,unsigned"), {"unsigned", "use signed"});
    check_message(error_of([&] {
                      obey(asking("symmetric"), target_with({{"power_of_two_scales", true}}));
                  }),
                  {"weights 'symmetric'", "use pow2"});

    Options ruled;
    ruled.rules.emplace_back().op = "conv2d";
    ruled.rules[0].weights = weight_scheme("per-tensor,3");
    refused(ruled, {"rule op 'conv2d': weights 'per-tensor,symmetric,3'", "use 8 or 4 bits"});
    ruled.rules[0].weights = weight_scheme("per-tensor,4");
    CHECK(obey(ruled, target).rules.size() == 1);
}

TEST_CASE("Operators that must not be quantized stay float", "[obey]") {
    const Target target = target_with({{"float_operators", {"softmax", "logistic"}}});
    const Options adapted = obey({}, target);
    Graph graph;
    graph.operators.resize(2);
    graph.operators[0].kind = OpKind::softmax;
    graph.operators[1].kind = OpKind::add;
    const std::vector<LayerScheme> layers = schemes(graph, adapted);
    CHECK(layers[0].compute == Compute::float32);
    CHECK(layers[1].compute == Compute::integer);

    Options wish;
    wish.rules.emplace_back().compute = Compute::integer;
    for (const char *name : {"softmax", "SOFTMAX"}) {
        wish.rules[0].op = name;
        check_message(error_of([&] { obey(wish, target); }), {"target chip", name, "use float"});
    }
    check_message(error_of([] {
                      target_with({{"float_operators", {"softmax", "CONV_2D"}}});
                  }),
                  {"chip.json", "/quantization/float_operators/1", "\"CONV_2D\"", "no kind"});
}

TEST_CASE("A network beyond the limits is named with its tensor", "[obey]") {
    Graph graph;
    Tensor tensor;
    tensor.name = "probabilities";
    tensor.dtype = DType::s8;
    tensor.quantization = {.scales = {1.0f / 256}, .zero_points = {-128}};
    graph.tensors.push_back(tensor);
    CHECK_NOTHROW(require_obedient(graph, target_with({{"power_of_two_scales", true}})));
    const Target symmetric = target_with({{"asymmetric_activations", false}});
    check_message(error_of([&] { require_obedient(graph, symmetric); }),
                  {"target chip: tensor 'probabilities'", "zero point -128"});
    graph.tensors[0].quantization = {.scales = {0.01f}, .zero_points = {0}};
    CHECK_NOTHROW(require_obedient(graph, symmetric));
    check_message(error_of([&] {
                      require_obedient(graph, target_with({{"power_of_two_scales", true}}));
                  }),
                  {"no power of two"});
}
