// The debugger's three questions, against the interpreter run by hand, and its folder.
#include "compiler/quantize/debug_folder.h"
#include "compiler/quantize/quantize.h"
#include "compiler/reference/real_values.h"
#include "compiler/support/npy.h"
#include "compiler/support/pending_file.h"
#include "tests/support/expect_error.h"
#include "tests/unit/quantize/float_networks.h"

#include <set>
#include <unistd.h>

using namespace octet;
using namespace octet::quantize;
using namespace octet::test;

namespace {

Graph network() {
    RandomGraph g(31, "net");
    const TensorId x = g.input({1, 6, 6, 3}, DType::f32);
    const TensorId a = g.conv2d(x, {.channels_out = 4, .activation = Activation::relu});
    const TensorId b = g.conv2d(a, {.channels_out = 4});
    return g.finish({g.softmax(g.reshape(b, {1, 16}))});
}

struct Case {
    Graph graph = network();
    Samples samples = random_samples(graph, 3);
    Quantized result;

    explicit Case(Ends ends) {
        Options options;
        options.scheme.calibration = {.method = Method::minmax, .search = false};
        options.ends = ends;
        result = quantize::quantize(graph, random_samples(graph, 8, 2), options);
    }
    std::vector<DebugTensor> tensors(DebugMode mode) const {
        std::vector<DebugTensor> all;
        debug(result.prepared, result.graph, samples, mode,
              [&](const DebugTensor &tensor) { all.push_back(tensor); });
        return all;
    }
    /// All tensors of a network in one sample's run.
    std::vector<Bytes> run(const Graph &network, int64_t sample) const {
        return reference::run(network, {reference::to_stored(network.tensor(network.inputs[0]),
                                                             samples.slice(sample, 1)[0])});
    }
    const Operator &partner(const std::string &name) const {
        for (const Operator &op : result.graph.operators)
            if (op.name == name)
                return op;
        throw std::logic_error("no operator " + name);
    }
};

/// One sample's part of values.
Values part(const Values &all, int64_t sample, int64_t samples) {
    const auto one = long(all.size()) / samples;
    return {all.begin() + sample * one, all.begin() + (sample + 1) * one};
}

void check_near(const Values &found, const Values &expected) {
    REQUIRE(found.size() == expected.size());
    for (size_t i = 0; i < found.size(); ++i)
        CHECK(found[i] == Approx(expected[i]).epsilon(1e-4).margin(1e-5));
}

} // namespace

TEST_CASE("Whole: both networks run by themselves", "[quantize]") {
    for (Ends ends : {Ends::integer, Ends::real}) {
        const Case c(ends);
        const std::vector<DebugTensor> tensors = c.tensors(DebugMode::whole);
        REQUIRE(tensors.size() == 5);
        CHECK(tensors[0].op == "input");
        CHECK(tensors[0].layer.empty());
        CHECK(tensors[0].dtype == DType::s8);
        CHECK(tensors[1].shape == Shape{3, 4, 4, 4});
        for (int64_t n = 0; n < 3; ++n) {
            const auto exact = c.run(c.result.prepared, n), stored = c.run(c.result.graph, n);
            for (size_t i = 0; i < 4; ++i) {
                const Operator &op = c.result.prepared.operators[i];
                const TensorId id = c.partner(op.name).outputs[0];
                const DebugTensor &tensor = tensors[i + 1];
                CHECK(tensor.layer == op.name);
                CHECK(tensor.tensor == c.result.prepared.tensor(op.outputs[0]).name);
                check_near(part(tensor.real, n, 3), to_values(exact[size_t(op.outputs[0])]));
                CHECK(part(tensor.quantized, n, 3) ==
                      reference::to_real(c.result.graph.tensor(id), stored[size_t(id)]));
                CHECK(tensor.grid->scale == c.result.graph.tensor(id).quantization.scale());
            }
        }
    }
}

TEST_CASE("Per layer: integers on the float network's inputs, and reals on the integers'",
          "[quantize]") {
    for (Ends ends : {Ends::integer, Ends::real}) {
        const Case c(ends);
        const auto integer = c.tensors(DebugMode::int_per_layer);
        const auto real = c.tensors(DebugMode::float_per_layer);
        const auto whole = c.tensors(DebugMode::whole);
        REQUIRE(integer.size() == 4);
        REQUIRE(real.size() == 4);
        const Graph &quantized = c.result.graph, &prepared = c.result.prepared;
        for (size_t i = 0; i < 4; ++i) {
            const Operator &op = prepared.operators[i], &partner = c.partner(op.name);
            const TensorId input = partner.inputs[0], output = partner.outputs[0];
            CHECK(integer[i].real == whole[i + 1].real);
            CHECK(real[i].quantized == whole[i + 1].quantized);
            for (int64_t n = 0; n < 3; ++n) {
                std::vector<Bytes> values(quantized.tensors.size());
                values[size_t(input)] =
                    reference::to_stored(quantized.tensor(input), part(whole[i].real, n, 3));
                reference::execute(quantized, partner, values);
                CHECK(part(integer[i].quantized, n, 3) ==
                      reference::to_real(quantized.tensor(output), values[size_t(output)]));

                const auto stored = c.run(quantized, n);
                std::vector<Bytes> reals(prepared.tensors.size());
                reals[size_t(op.inputs[0])] = reference::to_stored(
                    prepared.tensor(op.inputs[0]),
                    reference::to_real(quantized.tensor(input), stored[size_t(input)]));
                reference::execute(prepared, op, reals);
                check_near(part(real[i].real, n, 3), to_values(reals[size_t(op.outputs[0])]));
            }
        }
        // The second layer's integers differ with the question.
        CHECK(integer[1].quantized != whole[2].quantized);
        CHECK(real[1].real != whole[2].real);
    }
}

TEST_CASE("Modes have names", "[quantize]") {
    for (DebugMode mode : {DebugMode::whole, DebugMode::int_per_layer, DebugMode::float_per_layer})
        CHECK(debug_mode(std::string(to_text(mode))) == mode);
    check_message(error_of([] { debug_mode("all"); }), {"debug 'all'", "int-per-layer"});
}

TEST_CASE("The folder appears whole, with files of safe names and an index", "[quantize]") {
    namespace fs = std::filesystem;
    const fs::path place = fs::temp_directory_path() / fmt::format("octet-debug-{}", getpid());
    struct Removal {
        fs::path path;
        ~Removal() { fs::remove_all(path); }
    } removal{place};
    fs::create_directories(place);
    const auto listed = [](const fs::path &folder) {
        std::set<std::string> names;
        for (const auto &entry : fs::directory_iterator(folder))
            names.insert(entry.path().filename().string());
        return names;
    };
    DebugTensor tensor{.layer = "a/b",
                       .op = "conv2d",
                       .tensor = "../a/b:0 \"x\", y",
                       .shape = {2, 2},
                       .dtype = DType::s8,
                       .grid = Affine{0.5f, -3},
                       .real = {1, -2, 3, 0},
                       .quantized = {1, -2, 3.5f, 0.25f}};
    {
        DebugFolder folder(place / "d", DebugMode::whole, "net", 2);
        folder.add(tensor);
        CHECK_FALSE(fs::exists(place / "d"));
    }
    CHECK(listed(place).empty()); // Nothing is left without commit().
    fs::create_directory(place / "d");
    DebugFolder folder(place / "d/", DebugMode::whole, "net", 2);
    folder.add(tensor);
    tensor.grid.reset();
    tensor.dtype = DType::f32;
    tensor.quantized = tensor.real;
    folder.add(tensor); // of the same name
    CHECK(folder.commit() > 0);
    CHECK(listed(place) == std::set<std::string>{"d"});
    CHECK(listed(place / "d") == std::set<std::string>{"000_.._a_b_0__x___y_float.npy",
                                                       "000_.._a_b_0__x___y_quantized.npy",
                                                       "001_.._a_b_0__x___y_float.npy",
                                                       "001_.._a_b_0__x___y_quantized.npy",
                                                       "index.csv", "index.json"});
    const Array array = read_npy(place / "d" / "000_.._a_b_0__x___y_quantized.npy");
    CHECK(array.shape == Shape{2, 2});
    CHECK(to_values(array.data) == Values{1, -2, 3.5f, 0.25f});
    const auto json = nlohmann::json::parse(read_text_file(place / "d" / "index.json"));
    CHECK(json.at("mode") == "whole");
    const auto &entry = json.at("tensors").at(0);
    CHECK(entry.at("tensor") == "../a/b:0 \"x\", y");
    CHECK(entry.at("scale") == 0.5);
    CHECK(entry.at("zero_point") == -3);
    CHECK(entry.at("max_error") == 0.5);
    CHECK(entry.at("mean_error") == 0.1875);
    CHECK(entry.at("sqnr_db").get<double>() == Approx(10 * std::log10(14 / 0.3125)));
    CHECK(json.at("tensors").at(1).at("sqnr_db").is_null());
    CHECK(json.at("tensors").at(1).at("scale").is_null());
    const std::string csv = read_text_file(place / "d" / "index.csv");
    CHECK_THAT(csv, Catch::StartsWith("layer,operator,tensor,float_file,"));
    CHECK_THAT(csv, Catch::Contains("a/b,conv2d,\"../a/b:0 \"\"x\"\", y\",000_"));
    CHECK_THAT(csv, Catch::Contains(",2x2,int8,0.5,-3,"));

    const auto refusal = [](const fs::path &path) {
        return error_of([&] { DebugFolder::require_free(path); });
    };
    check_message(refusal(place / "d"), {"there are files in it"});
    check_message(refusal(place / "d" / "index.csv"), {"is no folder"});
    check_message(refusal(place / "none" / "d"), {"there is no folder"});
    CHECK(refusal(place / "e") == "(no error)");
    CHECK(refusal(place / "e/") == "(no error)");
}
