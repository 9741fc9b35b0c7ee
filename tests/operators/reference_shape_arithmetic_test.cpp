// SHAPE, STRIDED_SLICE and PACK, which no int8 oracle covers, against results worked out by hand.
#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"

#include <catch2/catch.hpp>

#include <cstring>

namespace octet::reference {
namespace {

Tensor integers(Shape shape, const std::vector<int32_t> &values = {}) {
    Tensor tensor{"t", DType::s32, std::move(shape), {}, nullptr};
    if (!values.empty()) {
        Bytes bytes(values.size() * sizeof(int32_t));
        std::memcpy(bytes.data(), values.data(), bytes.size());
        tensor.data = std::make_shared<const Bytes>(std::move(bytes));
    }
    return tensor;
}

/// Executes one operator on constant inputs; the output has `shape`.
std::vector<int32_t> evaluate(OpKind kind, const std::vector<Tensor> &inputs, Shape shape,
                              Attributes attributes = {}) {
    Graph graph;
    Operator op{.kind = kind, .name = "op", .inputs = {}, .outputs = {}, .attributes = attributes};
    for (const Tensor &input : inputs) {
        op.inputs.push_back(TensorId(graph.tensors.size()));
        graph.tensors.push_back(input);
    }
    op.outputs = {TensorId(graph.tensors.size())};
    graph.tensors.push_back(integers(std::move(shape)));
    std::vector<Bytes> values(graph.tensors.size());
    execute(graph, op, values);
    std::vector<int32_t> result(values.back().size() / sizeof(int32_t));
    std::memcpy(result.data(), values.back().data(), values.back().size());
    return result;
}

std::vector<int32_t> slice(const std::vector<int32_t> &begin, const std::vector<int32_t> &end,
                           const std::vector<int32_t> &strides, Shape shape,
                           StridedSliceAttributes attributes = {}) {
    const Tensor data = integers({2, 4}, {0, 1, 2, 3, 10, 11, 12, 13});
    const int axes = int(begin.size());
    return evaluate(
        OpKind::strided_slice,
        {data, integers({axes}, begin), integers({axes}, end), integers({axes}, strides)},
        std::move(shape), attributes);
}

using Values = std::vector<int32_t>;

TEST_CASE("shape lists extents", "[reference]") {
    CHECK(evaluate(OpKind::shape, {integers({3, 1, 7})}, {3}) == Values{3, 1, 7});
}

TEST_CASE("strided_slice walks each axis from begin to end", "[reference]") {
    CHECK(slice({0, 1}, {2, 3}, {1, 1}, {2, 2}) == Values{1, 2, 11, 12});
    CHECK(slice({0, 0}, {2, 4}, {1, 2}, {2, 2}) == Values{0, 2, 10, 12});
    CHECK(slice({0, 0}, {2, 4}, {1, 3}, {2, 2}) == Values{0, 3, 10, 13});
    // Axes that are not named are taken whole.
    CHECK(slice({1}, {2}, {1}, {1, 4}) == Values{10, 11, 12, 13});
}

TEST_CASE("strided_slice counts negative places from the end and clamps", "[reference]") {
    CHECK(slice({-1, -3}, {2, -1}, {1, 1}, {1, 2}) == Values{11, 12});
    CHECK(slice({0, 2}, {9, 9}, {1, 1}, {2, 2}) == Values{2, 3, 12, 13});
    CHECK(slice({0, 3}, {1, 0}, {1, -1}, {1, 3}) == Values{3, 2, 1});
    CHECK(slice({0, 9}, {1, -9}, {1, -1}, {1, 4}) == Values{3, 2, 1, 0});
}

TEST_CASE("strided_slice takes masked bounds from the axis and shrinks", "[reference]") {
    CHECK(slice({1, 1}, {1, 2}, {1, 1}, {1, 1}, {.begin_mask = 1}) == Values{1});
    CHECK(slice({0, 1}, {1, 1}, {1, 1}, {1, 3}, {.end_mask = 2}) == Values{1, 2, 3});
    CHECK(slice({0, 1}, {1, 1}, {1, -1}, {1, 2}, {.end_mask = 2}) == Values{1, 0});
    CHECK(slice({1, 2}, {2, 3}, {1, 1}, {}, {.shrink_axis_mask = 3}) == Values{12});
    CHECK_THROWS_AS(slice({0}, {1}, {1}, {1, 4}, {.ellipsis_mask = 1}), Error);
}

TEST_CASE("pack stacks its inputs along a new axis", "[reference]") {
    const Tensor a = integers({2}, {1, 2}), b = integers({2}, {3, 4}), c = integers({2}, {5, 6});
    CHECK(evaluate(OpKind::pack, {a, b, c}, {3, 2}, PackAttributes{0}) == Values{1, 2, 3, 4, 5, 6});
    CHECK(evaluate(OpKind::pack, {a, b, c}, {2, 3}, PackAttributes{1}) == Values{1, 3, 5, 2, 4, 6});
    CHECK(evaluate(OpKind::pack, {integers({}, {7}), integers({}, {8})}, {2}, PackAttributes{0}) ==
          Values{7, 8});
}

} // namespace
} // namespace octet::reference
