// Defects of real files that the importer puts right.
#include "compiler/export/tflite/model.h"
#include "compiler/import/tflite/import_tflite.h"
#include "tests/support/compare_graphs.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

using namespace octet;
using namespace octet::test;
namespace schema = octet::tflite::schema;

namespace {

Graph convolution(bool per_channel = true) {
    RandomGraph g(1, "net");
    const TensorId x = g.input({1, 8, 8, 4});
    return g.finish({g.conv2d(x, {.channels_out = 6, .per_channel = per_channel})});
}

/// The graph that comes out of `graph`'s file after `change`.
template <typename Change>
Graph changed(const Graph &graph, Change &&change) {
    schema::ModelT model = tflite::to_model(graph);
    change(model, *model.subgraphs.at(0));
    return tflite::import_tflite(tflite::pack(model), "net.tflite");
}

void rename(schema::SubGraphT &subgraph, TensorId tensor, std::string name) {
    subgraph.tensors.at(size_t(tensor))->name = std::move(name);
}

} // namespace

TEST_CASE("a bias quantized along axis 3") {
    const Graph graph = convolution();
    const Graph imported = changed(graph, [&](auto &, auto &g) {
        g.tensors.at(size_t(graph.operators[0].inputs[2]))->quantization->quantized_dimension = 3;
    });
    CHECK(difference(graph, imported) == "");
}

TEST_CASE("per tensor, the axis means nothing") {
    const Graph graph = convolution(false);
    const Graph imported = changed(
        graph, [](auto &, auto &g) { g.tensors[1]->quantization->quantized_dimension = -5; });
    CHECK(difference(graph, imported) == "");
}

TEST_CASE("a bias with one scale beside weights with many, or with none") {
    const Graph graph = convolution();
    const size_t bias = size_t(graph.operators[0].inputs[2]);
    const Graph one = changed(graph, [&](auto &, auto &g) {
        g.tensors[bias]->quantization->scale.resize(1);
        g.tensors[bias]->quantization->zero_point.resize(1);
    });
    CHECK(one.tensors[bias].quantization.scales.size() == 1);
    const Graph none =
        changed(graph, [&](auto &, auto &g) { g.tensors[bias]->quantization.reset(); });
    CHECK(!none.tensors[bias].quantization.quantized());
}

TEST_CASE("zero points left out are zero, one serves all scales") {
    const Graph graph = convolution();
    for (size_t count : {0, 1})
        CHECK(difference(graph, changed(graph, [&](auto &, auto &g) {
                             g.tensors[1]->quantization->zero_point.assign(count, 0);
                         })) == "");
}

TEST_CASE("an absent bias may be written as -1 or left out") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 5});
    const Graph graph = g.finish({g.fully_connected(x, {.bias = false})});
    CHECK(difference(graph, changed(graph, [](auto &, auto &) {})) == "");
    CHECK(difference(graph, changed(graph, [](auto &, auto &s) {
                         s.operators[0]->inputs.push_back(-1);
                     })) == "");
}

TEST_CASE("operators get unique names from absent and repeated tensor names") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 6});
    const TensorId a = g.clamp(OpKind::relu, x), b = g.clamp(OpKind::relu, a),
                   c = g.clamp(OpKind::relu6, b), d = g.clamp(OpKind::relu6, c);
    const Graph graph = g.finish({d});
    const Graph imported = changed(graph, [&](auto &, auto &s) {
        rename(s, a, "x");
        rename(s, b, "x");
        rename(s, c, "");
        rename(s, d, "tab\there \xff");
    });
    std::vector<std::string> names;
    for (const Operator &op : imported.operators)
        names.push_back(op.name);
    CHECK(names == std::vector<std::string>{"x", "x_2", "relu6_2", "tab_here _"});
}

TEST_CASE("old files have the operator in a byte, new ones in a word") {
    const Graph graph = convolution();
    CHECK(difference(graph, changed(graph, [](auto &model, auto &) {
                         model.operator_codes[0]->builtin_code = schema::BuiltinOperator::ADD;
                     })) == "");
    CHECK(difference(graph, changed(graph, [](auto &model, auto &) {
                         model.operator_codes[0]->deprecated_builtin_code = 0;
                     })) == "");
}

TEST_CASE("a free batch takes the extent that the file stores") {
    const Graph graph = convolution();
    const Graph imported = changed(graph, [](auto &, auto &g) {
        for (auto &tensor : g.tensors)
            if (!tensor->shape.empty())
                tensor->shape_signature = {-1, 8, 8, 4};
    });
    CHECK(difference(graph, imported) == "");
}

TEST_CASE("only the first subgraph is imported") {
    const Graph graph = convolution();
    const Graph imported = changed(graph, [](auto &model, auto &) {
        model.subgraphs.push_back(std::make_unique<schema::SubGraphT>());
    });
    CHECK(difference(graph, imported) == "");
    CHECK(imported.notes == std::vector<std::string>{"only the first of 2 subgraphs is imported"});
}

TEST_CASE("uint8 weights become int8 weights of the same real values") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({1, 5, 5, 2}, DType::u8);
    const Graph graph = g.finish({g.conv2d(x, {.weight_zero_point = 12})});
    const schema::ModelT model = tflite::to_model(graph);
    REQUIRE(model.subgraphs[0]->tensors[1]->type == schema::TensorType::UINT8);
    REQUIRE(model.subgraphs[0]->tensors[1]->quantization->zero_point[0] == 140);
    const Graph imported = tflite::import_tflite(tflite::pack(model), "net.tflite");
    CHECK(difference(graph, imported) == "");
    CHECK(imported.notes ==
          std::vector<std::string>{"the uint8 weights of conv2d_0 are kept as int8"});
}

TEST_CASE("float weights with quantization left by a converter") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({1, 5, 5, 2}, DType::f32);
    const Graph graph = g.finish({g.conv2d(x, {})});
    const Graph imported = changed(graph, [](auto &, auto &s) {
        s.tensors[0]->quantization = std::make_unique<schema::QuantizationParametersT>();
        s.tensors[0]->quantization->scale = {0.5f};
        s.tensors[0]->quantization->zero_point = {3};
    });
    CHECK(difference(graph, imported) == "");
}

TEST_CASE("axes may count from the end") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 3, 4, 5});
    const Graph graph = g.finish({g.concatenation({x, x}, 2)});
    CHECK(difference(graph, changed(graph, [](auto &, auto &s) {
                         s.operators[0]->builtin_options.AsConcatenationOptions()->axis = -2;
                     })) == "");
}

TEST_CASE("float activations with int8 weights become integers at run time") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({2, 5}, DType::f32);
    const Graph graph = g.finish({g.fully_connected(x, {})});
    const auto with_zero_point = [&](int64_t zero_point) {
        return changed(graph, [&](auto &model, auto &s) {
            s.tensors[1]->type = schema::TensorType::INT8;
            s.tensors[1]->quantization = std::make_unique<schema::QuantizationParametersT>();
            s.tensors[1]->quantization->scale = {0.01f};
            s.tensors[1]->quantization->zero_point = {zero_point};
            model.buffers[1]->data.resize(40);
        });
    };
    CHECK(dynamic_input(with_zero_point(0).operators[0]) == DynamicInput::symmetric);
    check_message(error_of([&] { with_zero_point(3); }),
                  {"net.tflite: fully_connected_0 (FULLY_CONNECTED)", "zero point of 3",
                   "quantized at run time"});
}
