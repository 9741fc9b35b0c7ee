// Shape arithmetic and conversions of constants fold at import; what nothing needs disappears.
#include "compiler/export/export.h"
#include "compiler/export/tflite/model.h"
#include "compiler/import/fold.h"
#include "compiler/import/tflite/import_tflite.h"
#include "tests/support/compare_graphs.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_graph.h"

#include <cstring>

using namespace octet;
using namespace octet::test;
namespace schema = octet::tflite::schema;

namespace {

template <typename T>
Tensor integers(const std::string &name, DType dtype, Shape shape, const std::vector<T> &values) {
    Bytes bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return {name, dtype, std::move(shape), {}, std::make_shared<const Bytes>(std::move(bytes))};
}

/// Adds SHAPE(x) -> STRIDED_SLICE([0:1], shrunk) -> PACK(with `rest`) to a graph; the id of the
/// packed shape. This is what converters write in front of a RESHAPE with a free batch.
template <typename T>
TensorId add_shape_chain(Graph &graph, TensorId x, DType dtype, const std::vector<T> &rest) {
    const auto add = [&](Tensor tensor) {
        graph.tensors.push_back(std::move(tensor));
        return TensorId(graph.tensors.size() - 1);
    };
    const auto append = [&](OpKind kind, std::vector<TensorId> inputs, TensorId output,
                            Attributes attributes = {}) {
        graph.operators.push_back({kind,
                                   graph.tensor(output).name,
                                   std::move(inputs),
                                   {output},
                                   std::move(attributes),
                                   Rounding::reference});
    };
    const int rank = int(graph.tensor(x).shape.size());
    const TensorId zero = add(integers<T>("zero", dtype, {1}, {0}));
    const TensorId one = add(integers<T>("one", dtype, {1}, {1}));
    const TensorId shape = add({"shape", dtype, {rank}, {}, nullptr});
    const TensorId batch = add({"batch", dtype, {}, {}, nullptr});
    const TensorId packed = add({"packed", dtype, {int(rest.size()) + 1}, {}, nullptr});
    append(OpKind::shape, {x}, shape);
    append(OpKind::strided_slice, {shape, zero, one, one}, batch,
           StridedSliceAttributes{0, 0, 0, 0, 1});
    std::vector<TensorId> parts{batch};
    for (T value : rest)
        parts.push_back(add(integers<T>("extent", dtype, {}, {value})));
    append(OpKind::pack, parts, packed, PackAttributes{0});
    return packed;
}

/// A file whose RESHAPE from 3x8 to 3x2x4 takes its shape from a chain over `extents`.
template <typename T>
Bytes reshape_by_chain(DType dtype, const std::vector<T> &extents) {
    RandomGraph g(1, "net");
    const TensorId x = g.input({3, 8});
    const TensorId y = g.clamp(OpKind::relu, x);
    Graph graph = g.finish({});
    const TensorId packed = add_shape_chain(graph, y, dtype, extents);
    graph.tensors.push_back(
        {"result", DType::s8, {3, 2, 4}, graph.tensor(y).quantization, nullptr});
    const TensorId result = TensorId(graph.tensors.size() - 1);
    graph.operators.push_back({OpKind::reshape, "result", {y}, {result}, {}, Rounding::reference});
    graph.outputs = {result};
    schema::ModelT model = tflite::to_model(graph);
    model.subgraphs[0]->operators.back()->inputs = {y, packed};
    return tflite::pack(model);
}

} // namespace

TEST_CASE("a shape computed from a shape folds away") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({3, 8});
    Graph expected = g.finish({g.reshape(g.clamp(OpKind::relu, x), {3, 2, 4})});
    expected.operators[1].name = "result";
    CHECK(difference(expected, tflite::import_tflite(reshape_by_chain<int32_t>(DType::s32, {2, 4}),
                                                     "net")) == "");
    CHECK(difference(expected, tflite::import_tflite(reshape_by_chain<int64_t>(DType::s64, {2, 4}),
                                                     "net")) == "");
    CHECK(difference(expected, tflite::import_tflite(reshape_by_chain<int32_t>(DType::s32, {-1, 4}),
                                                     "net")) == "");
}

TEST_CASE("what was folded is noted") {
    const Graph graph = tflite::import_tflite(reshape_by_chain<int32_t>(DType::s32, {2, 4}), "net");
    CHECK(graph.notes == std::vector<std::string>{"3 operators on constants and shapes folded"});
}

TEST_CASE("a folded shape that contradicts the output is refused") {
    check_message(error_of([] {
                      tflite::import_tflite(reshape_by_chain<int32_t>(DType::s32, {4, 2}), "net");
                  }),
                  {"net: result (RESHAPE)", "its shape is 3x4x2; its output is 3x2x4"});
}

TEST_CASE("a shape that depends on values is refused") {
    RandomGraph g(1, "net");
    const TensorId x = g.input({3, 8});
    const Graph graph = g.finish({g.reshape(x, {6, 4})});
    schema::ModelT model = tflite::to_model(graph);
    model.subgraphs[0]->tensors.back()->buffer = 0;
    check_message(error_of([&] { tflite::import_tflite(tflite::pack(model), "net"); }),
                  {"reshape_0 (RESHAPE)", "shape", "computed at run time"});
}

TEST_CASE("weights stored as int8 and dequantized are read as they are stored") {
    RandomGraph g(1, "net");
    const TensorId stored = g.constant({4, 6});
    const Tensor weights = g.tensor(stored);
    const TensorId dequantized = g.dequantize(stored);
    const TensorId x = g.input({2, 6}, DType::f32);
    const TensorId y = g.append(OpKind::fully_connected, {x, dequantized, no_tensor}, DType::f32,
                                {2, 4}, {}, FullyConnectedAttributes{});
    const Graph imported = tflite::import_tflite(to_tflite(g.finish({y})), "net");
    REQUIRE(imported.operators.size() == 1);
    CHECK(imported.tensors.size() == 3);
    const Tensor &read = imported.tensor(imported.operators[0].inputs[1]);
    REQUIRE(read.dtype == DType::s8);
    CHECK(*read.data == *weights.data);
    CHECK(read.quantization.scales == weights.quantization.scales);
    CHECK(read.quantization.zero_points == weights.quantization.zero_points);
}

TEST_CASE("other constants stored as int8 and dequantized fold to float constants") {
    RandomGraph g(1, "net");
    const TensorId stored = g.constant({2, 6});
    const Tensor constant = g.tensor(stored);
    const TensorId dequantized = g.dequantize(stored);
    const TensorId y = g.append(OpKind::add, {g.input({2, 6}, DType::f32), dequantized}, DType::f32,
                                {2, 6}, {}, AddAttributes{});
    const Graph imported = tflite::import_tflite(to_tflite(g.finish({y})), "net");
    REQUIRE(imported.operators.size() == 1);
    const Tensor &real = imported.tensor(imported.operators[0].inputs[1]);
    REQUIRE(real.dtype == DType::f32);
    const auto values = real.values<float>();
    REQUIRE(values.size() == 12);
    for (size_t i = 0; i < values.size(); i++)
        CHECK(values[i] ==
              constant.quantization.scale() *
                  float(constant.values<int8_t>()[i] - constant.quantization.zero_point()));
}

TEST_CASE("operators that no output needs are removed, inputs stay") {
    RandomGraph g(1, "net");
    const TensorId a = g.input({2, 6}), b = g.input({2, 6});
    const TensorId y = g.clamp(OpKind::relu, a);
    g.add(y, b);
    Graph graph = g.finish({y});
    remove_unused(graph);
    REQUIRE(graph.operators.size() == 1);
    CHECK(graph.operators[0].name == "relu_0");
    CHECK(graph.inputs == std::vector<TensorId>{0, 1});
    CHECK(graph.tensors.size() == 3);
    CHECK_NOTHROW(check(graph));
}

TEST_CASE("an operator that computes the network's output is not folded") {
    RandomGraph g(1, "net");
    g.input({2, 4});
    const TensorId constant = g.constant({2, 3});
    const Graph graph = g.finish({g.dequantize(constant)});
    const Graph imported = tflite::import_tflite(to_tflite(graph), "net");
    CHECK(difference(graph, imported) == "");
}
