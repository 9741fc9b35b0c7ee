// Statistics that were stored spare the observation, and belong to one network only.
#include "compiler/export/export.h"
#include "compiler/quantize/prepare.h"
#include "compiler/quantize/quantize.h"
#include "compiler/support/pending_file.h"
#include "tests/support/expect_error.h"
#include "tests/unit/quantize/float_networks.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / fmt::format("octet-statistics-{}", getpid());
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
};

Options method(Method method, bool corrections) {
    Options options;
    options.scheme.calibration = {.method = method, .search = false};
    options.correct = {.equalize = corrections, .bias = corrections, .round = corrections};
    return options;
}

Graph prepared(const Graph &graph) {
    std::vector<std::string> notes;
    return prepare(graph, notes);
}

/// Changes the JSON of a file of statistics.
template <typename F>
std::filesystem::path changed(const std::filesystem::path &file, F &&change) {
    auto json = nlohmann::json::parse(read_text_file(file));
    change(json);
    const auto other = file.parent_path() / "changed.json";
    write_text_file(other, json.dump());
    return other;
}

} // namespace

TEST_CASE("Stored statistics give the network that observation gives", "[quantize]") {
    const Folder folder;
    const auto file = folder.path / "s.json";
    const Graph graph = random_network(3, DType::f32);
    const Samples samples = random_samples(graph, 12);
    const Samples none;
    for (bool corrections : {false, true})
        for (Method how : {Method::minmax, Method::percentile, Method::mse, Method::average}) {
            CAPTURE(corrections, name_of(how));
            const Options options = method(how, corrections);
            const Quantized first = quantize::quantize(graph, samples, options);
            save(first.observed, first.prepared, file);
            const Statistics known = load_statistics(prepared(graph), file);
            CHECK(known.samples == 12);
            const Samples &again = corrections ? samples : none;
            const Quantized second = quantize::quantize(graph, again, options, {}, known);
            CHECK(to_octet(second.graph) == to_octet(first.graph));
        }
}

TEST_CASE("What is saved is what was seen before equalization", "[quantize]") {
    RandomGraph g(8);
    const TensorId x = g.input({1, 6, 6, 3}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 8, .activation = Activation::relu});
    const TensorId b = g.conv2d(a, {.channels_out = 4});
    Graph graph = g.finish({b});
    // Rows so different that equalization helps weights per tensor.
    std::vector<float> weights = floats_of(graph.tensor(graph.operators[0].inputs[1]));
    for (size_t i = 0; i < weights.size(); ++i)
        weights[i] *= std::pow(4.0f, float(i / 27) - 4);
    set_floats(graph.tensor(graph.operators[0].inputs[1]), weights);
    Options options = method(Method::minmax, true);
    options.scheme.weights.per_channel = false;
    const Samples samples = random_samples(graph, 12);
    const Quantized result = quantize::quantize(graph, samples, options);
    REQUIRE_FALSE(result.equalization.empty());
    const Graph before = prepared(graph);
    const Statistics seen = observe(before, FloatExecutor(before), samples);
    CHECK(result.observed.of(a).histogram == seen.of(a).histogram);
    CHECK_FALSE(result.statistics.of(a).histogram == seen.of(a).histogram);
    CHECK(result.observed.network == fingerprint(before));
    const Quantized again = quantize::quantize(graph, samples, options, {}, result.observed);
    CHECK(to_octet(again.graph) == to_octet(result.graph));
}

TEST_CASE("Without samples only what needs none can be asked for", "[quantize]") {
    const Graph graph = random_network(4, DType::f32);
    const Graph before = prepared(graph);
    const Statistics known = observe(before, FloatExecutor(before), random_samples(graph, 4));
    const auto refusal = [&](const Options &options, std::optional<Statistics> statistics) {
        return error_of([&] { quantize::quantize(graph, {}, options, {}, std::move(statistics)); });
    };
    check_message(refusal(method(Method::minmax, true), known), {"corrections", "no samples"});
    Options search = method(Method::minmax, false);
    search.scheme.calibration.search = true;
    check_message(refusal(search, known), {"calibration search", "no samples"});
    check_message(refusal(method(Method::minmax, false), std::nullopt), {"no samples"});
    Statistics strange = known;
    strange.network ^= 1;
    check_message(refusal(method(Method::minmax, false), strange), {"another network"});
}

TEST_CASE("Statistics of another network, and damaged ones, are refused", "[quantize]") {
    const Folder folder;
    const auto file = folder.path / "s.json";
    const Graph graph = prepared(random_network(5, DType::f32));
    const Statistics seen = observe(graph, FloatExecutor(graph), random_samples(graph, 4));
    save(seen, graph, file);
    const Statistics read = load_statistics(graph, file);
    CHECK(read.network == seen.network);
    for (size_t id = 0; id < seen.tensors.size(); ++id) {
        REQUIRE(read.tensors[id].has_value() == seen.tensors[id].has_value());
        if (seen.tensors[id])
            CHECK(read.tensors[id]->histogram == seen.tensors[id]->histogram);
    }

    const auto refusal = [&](const Graph &network, const std::filesystem::path &path) {
        return error_of([&] { load_statistics(network, path); });
    };
    Graph weights = graph;
    for (Tensor &tensor : weights.tensors)
        if (tensor.constant()) {
            std::vector<float> values = floats_of(tensor);
            values[0] += 1;
            set_floats(tensor, values);
            break;
        }
    check_message(refusal(weights, file), {"s.json", "other weights", "again"});
    Graph renamed = graph;
    renamed.tensor(graph.outputs[0]).name = "elsewhere";
    check_message(refusal(renamed, file), {"s.json", "'elsewhere'", "another network"});
    check_message(refusal(graph, folder.path / "none.json"), {"none.json", "no such file"});

    const std::string input = graph.tensor(graph.inputs[0]).name;
    using Json = nlohmann::json;
    const auto damaged = [&](auto &&change) { return refusal(graph, changed(file, change)); };
    check_message(damaged([](Json &json) { json["octet_statistics"] = 1; }), {"another version"});
    check_message(damaged([](Json &json) { json["samples"] = 0; }), {"saw 0 samples"});
    check_message(damaged([](Json &json) { json.erase("network"); }), {"no statistics"});
    check_message(damaged([&](Json &json) { json["tensors"].erase(input); }), {"'" + input + "'"});
    const auto statistics = [&](Json &json) -> Json & {
        return json["tensors"][input]["statistics"];
    };
    check_message(damaged([&](Json &json) { statistics(json)["histogram"]["count"] = 7; }),
                  {"'" + input + "'", "damaged"});
    check_message(damaged([&](Json &json) { statistics(json).erase("channels"); }),
                  {"'" + input + "'", "damaged"});
    check_message(damaged([&](Json &json) {
                      for (auto &[key, list] : statistics(json)["channels"].items())
                          list.erase(0);
                  }),
                  {"'" + input + "'", "damaged"});
    write_text_file(folder.path / "text.json", "no JSON");
    check_message(refusal(graph, folder.path / "text.json"), {"text.json", "no statistics"});
}
