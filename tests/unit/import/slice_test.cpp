// Builtins that Graph says in other words: STRIDED_SLICE of data and SPLIT become slices.
#include "compiler/export/export.h"
#include "compiler/export/tflite/model.h"
#include "compiler/import/tflite/import_tflite.h"
#include "compiler/reference/interpreter.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

#include <cstring>
#include <numeric>

using namespace octet;
using namespace octet::test;
namespace schema = octet::tflite::schema;

namespace {

TensorId add_integers(Graph &graph, const std::string &name, const std::vector<int32_t> &values) {
    Bytes bytes(values.size() * sizeof(int32_t));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    Tensor tensor;
    tensor.name = name;
    tensor.dtype = DType::s32;
    tensor.shape = {int(values.size())};
    tensor.data = std::make_shared<const Bytes>(std::move(bytes));
    graph.tensors.push_back(tensor);
    return TensorId(graph.tensors.size() - 1);
}

struct Bounds {
    std::vector<int32_t> begin, end, strides;
};

/// A file with one STRIDED_SLICE of data: 4x5x6 bytes to `out`.
Bytes strided_slice(const Bounds &bounds, Shape out, StridedSliceAttributes masks = {}) {
    RandomGraph g(1, "net");
    const TensorId x = g.input({4, 5, 6});
    const TensorId y =
        g.append(OpKind::strided_slice, {x}, DType::s8, out, g.tensor(x).quantization, masks);
    Graph graph = g.finish({y});
    for (const auto &[name, values] :
         {std::pair("begin", bounds.begin), std::pair("end", bounds.end),
          std::pair("strides", bounds.strides)})
        graph.operators[0].inputs.push_back(add_integers(graph, name, values));
    return to_tflite(graph);
}

Graph imported(const Bytes &file) {
    return tflite::import_tflite(file, "net");
}

/// The outputs of `graph` for an input of 0, 1, 2, ...
std::vector<Bytes> outputs_of(const Graph &graph) {
    Bytes input(graph.tensor(graph.inputs[0]).bytes());
    std::iota(input.begin(), input.end(), uint8_t(0));
    const std::vector<Bytes> values = reference::run(graph, {input});
    std::vector<Bytes> outputs;
    for (TensorId id : graph.outputs)
        outputs.push_back(values[size_t(id)]);
    return outputs;
}

/// A file with one SPLIT of 4x6 bytes into `count` along the last axis.
Bytes split(int count, int axis) {
    RandomGraph g(1, "net");
    const TensorId x = g.input({4, 6});
    std::vector<TensorId> parts;
    for (int i = 0; i < count; i++)
        parts.push_back(g.slice(x, {0, 0}, {4, 6 / count}));
    Graph graph = g.finish(parts);
    const TensorId axes = add_integers(graph, "axis", {axis});
    schema::ModelT model = tflite::to_model(graph);
    auto &operators = model.subgraphs[0]->operators;
    schema::OperatorT &op = *operators[0];
    op.inputs = {axes, x};
    op.outputs = parts;
    op.builtin_options.Set(schema::SplitOptionsT{});
    model.operator_codes[op.opcode_index]->builtin_code = schema::BuiltinOperator::SPLIT;
    model.operator_codes[op.opcode_index]->deprecated_builtin_code =
        int8_t(schema::BuiltinOperator::SPLIT);
    operators.resize(1);
    return tflite::pack(model);
}

} // namespace

TEST_CASE("a strided slice of data is a slice") {
    const Graph graph = imported(strided_slice({{1, -4, 0}, {3, 4, 99}, {1, 2, 5}}, {2, 2, 2}));
    REQUIRE(graph.operators.size() == 1);
    CHECK(graph.operators[0].kind == OpKind::slice);
    CHECK(graph.operators[0].as<SliceAttributes>() == SliceAttributes{{1, 1, 0}, {1, 2, 5}});
    CHECK(outputs_of(graph)[0] == Bytes{36, 41, 48, 53, 66, 71, 78, 83});
}

TEST_CASE("masked bounds are the axis's own, and axes that are not named are whole") {
    const Graph graph = imported(
        strided_slice({{3, 1}, {0, 2}, {1, 3}}, {4, 2, 6}, {.begin_mask = 3, .end_mask = 3}));
    CHECK(graph.operators[0].as<SliceAttributes>() == SliceAttributes{{0, 0, 0}, {1, 3, 1}});
}

TEST_CASE("an axis that is dropped takes a reshape") {
    const Graph graph =
        imported(strided_slice({{2, -1, 1}, {3, 0, 3}, {1, 1, 1}}, {2}, {.shrink_axis_mask = 3}));
    REQUIRE(graph.operators.size() == 2);
    CHECK(graph.operators[0].kind == OpKind::slice);
    CHECK(graph.operators[1].kind == OpKind::reshape);
    CHECK(outputs_of(graph)[0] == Bytes{85, 86});
}

TEST_CASE("what a slice cannot say is refused") {
    const auto error = [](const Bounds &bounds, Shape out, StridedSliceAttributes masks = {}) {
        return error_of([&] { imported(strided_slice(bounds, std::move(out), masks)); });
    };
    check_message(error({{3}, {0}, {-1}}, {3, 5, 6}), {"its stride along axis 0 is -1"});
    check_message(error({{0}, {2}, {1}}, {3, 5, 6}), {"its output is 3x5x6", "2x5x6"});
    check_message(error({{7}, {8}, {1}}, {5, 6}, {.shrink_axis_mask = 1}), {"takes element 7"});
    check_message(error({{0}, {2}, {1}}, {2, 5, 6}, {.ellipsis_mask = 1}), {"ellipsis"});
    check_message(error({{0, 0}, {2}, {1, 1}}, {2, 5, 6}), {"slices 2 axes with 1 ends"});
}

TEST_CASE("a split is one slice per output") {
    const Graph graph = imported(split(3, -1));
    REQUIRE(graph.operators.size() == 3);
    for (int i = 0; i < 3; i++)
        CHECK(graph.operators[size_t(i)].as<SliceAttributes>() ==
              SliceAttributes{{0, 2 * i}, {1, 1}});
    CHECK(outputs_of(graph)[2] == Bytes{4, 5, 10, 11, 16, 17, 22, 23});
}

TEST_CASE("a split into unequal parts is refused") {
    check_message(error_of([] { imported(split(3, 0)); }), {"splits 4x6 into 3 along axis 0"});
    check_message(error_of([] { imported(split(2, 0)); }), {"its output"});
    check_message(error_of([] { imported(split(2, 5)); }), {"axis 5"});
}
