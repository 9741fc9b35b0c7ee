// Damaged ONNX files, and sound ones whose graphs make no sense: import gives a checked graph or
// one Error of one line, and the reference interpreter executes what was imported.
#include "compiler/import/onnx/import_onnx.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/import_onnx/onnx_models.h"

#include <catch2/catch.hpp>

#include <random>

namespace octet::test {
namespace {

namespace proto = ::onnx;

int64_t number(std::mt19937 &random) {
    static constexpr int64_t numbers[] = {0,       1,       2,         3,         4,        6,
                                          -1,      -2,      64,        255,       256,      4096,
                                          1 << 20, 1 << 28, INT32_MAX, INT64_MAX, INT64_MIN};
    return numbers[random() % std::size(numbers)];
}

/// Changes one number, name or type somewhere in the graph.
void mutate(proto::GraphProto &graph, std::mt19937 &random) {
    proto::NodeProto &node = *graph.mutable_node(int(random() % uint32_t(graph.node_size())));
    const proto::NodeProto &other = graph.node(int(random() % uint32_t(graph.node_size())));
    proto::TensorProto &tensor =
        *graph.mutable_initializer(int(random() % uint32_t(graph.initializer_size())));
    switch (random() % 8) {
    case 0:
        if (node.input_size())
            node.set_input(int(random() % uint32_t(node.input_size())), other.output(0));
        break;
    case 1:
        if (node.input_size())
            node.set_input(int(random() % uint32_t(node.input_size())), tensor.name());
        break;
    case 2:
        node.set_op_type(other.op_type());
        break;
    case 3:
        if (node.attribute_size()) {
            auto &a = *node.mutable_attribute(int(random() % uint32_t(node.attribute_size())));
            a.set_i(number(random));
            if (a.ints_size())
                a.set_ints(int(random() % uint32_t(a.ints_size())), number(random));
        } else {
            set(node, "axis", number(random));
        }
        break;
    case 4:
        if (tensor.dims_size())
            tensor.set_dims(int(random() % uint32_t(tensor.dims_size())), number(random));
        break;
    case 5:
        if (tensor.int64_data_size())
            tensor.set_int64_data(int(random() % uint32_t(tensor.int64_data_size())),
                                  number(random));
        break;
    case 6: {
        auto *shape =
            graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
        shape->mutable_dim(int(random() % uint32_t(shape->dim_size())))
            ->set_dim_value(number(random));
        break;
    }
    default:
        if (node.input_size())
            node.mutable_input()->RemoveLast();
    }
}

std::vector<Bytes> files() {
    std::vector<Bytes> result;
    for (const OnnxModel &model : sample_onnx_models())
        result.push_back(serialized(model));
    return result;
}

TEST_CASE("truncated ONNX models are refused") {
    const Outcome outcome = truncate(onnx::import_onnx, files());
    CHECK(outcome.refused > 100);
    CHECK(outcome.imported == 0);
}

TEST_CASE("ONNX models with mutated bytes import or are refused") {
    const Outcome outcome = fuzz(onnx::import_onnx, files(), fuzz_seed());
    // All three happen, or the test tests nothing.
    CHECK(outcome.imported > int(fuzz_cases() / 50));
    CHECK(outcome.executed > int(fuzz_cases() / 50));
    CHECK(outcome.refused > int(fuzz_cases() / 50));
}

TEST_CASE("ONNX models with mutated graphs import or are refused") {
    Outcome outcome;
    std::mt19937 random(fuzz_seed() + 1);
    const std::vector<OnnxModel> models = sample_onnx_models();
    for (uint32_t i = 0; i < fuzz_cases(); i++) {
        OnnxModel model = models[i % models.size()];
        for (uint32_t count = 1 + random() % 2; count > 0; count--)
            mutate(*model.mutable_graph(), random);
        attempt(onnx::import_onnx, serialized(model), outcome);
    }
    CHECK(outcome.imported > int(fuzz_cases() / 50));
    CHECK(outcome.executed > int(fuzz_cases() / 50));
    CHECK(outcome.refused > int(fuzz_cases() / 50));
}

} // namespace
} // namespace octet::test
