// Whatever bytes come in, import of ONNX gives a checked graph or one Error of one line, and the
// reference interpreter executes what was imported. As import_fuzz_test does for TensorFlow Lite,
// with the same variables OCTET_FUZZ_CASES and OCTET_FUZZ_SEED.
#include "compiler/import/onnx/import_onnx.h"
#include "compiler/reference/interpreter.h"
#include "compiler/support/error.h"
#include "tests/support/random_graph.h"
#include "tests/unit/import_onnx/onnx_models.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <random>

namespace octet::test {
namespace {

namespace proto = ::onnx;

struct Outcome {
    int imported = 0, executed = 0, refused = 0;
};

uint32_t environment(const char *name, uint32_t otherwise) {
    const char *value = std::getenv(name);
    return value ? uint32_t(std::strtoul(value, nullptr, 10)) : otherwise;
}

/// Small enough to be executed thousands of times: a mutation may enlarge any extent.
bool small(const Graph &graph) {
    int64_t work = 0;
    for (const Tensor &tensor : graph.tensors)
        work += tensor.elements();
    for (const Operator &op : graph.operators) {
        work += macs(graph, op);
        if (const auto *pool = std::get_if<Pool2dAttributes>(&op.attributes))
            work += graph.tensor(op.outputs[0]).elements() * pool->kernel_h * pool->kernel_w;
        if (op.kind == OpKind::transpose_conv2d)
            work += graph.tensor(op.inputs[0]).elements() * graph.tensor(op.inputs[1]).elements();
    }
    return work < 200000;
}

void attempt(const Bytes &bytes, Outcome &outcome) {
    try {
        const Graph graph = onnx::import_onnx(bytes, "fuzzed.onnx");
        outcome.imported++;
        if (!small(graph))
            return;
        const std::vector<Bytes> values = reference::run(graph, random_inputs(graph));
        outcome.executed++;
        for (TensorId id : graph.outputs)
            if (values[size_t(id)].size() != graph.tensor(id).bytes())
                FAIL("an output of the wrong size");
    } catch (const Error &error) {
        const std::string message = error.what();
        if (message.find('\n') != std::string::npos || message.rfind("fuzzed.onnx: ", 0) != 0)
            FAIL("not one line that names the file: " << message);
        outcome.refused++;
    }
}

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

} // namespace

TEST_CASE("truncated ONNX models are refused") {
    Outcome outcome;
    for (const OnnxModel &model : sample_onnx_models()) {
        const Bytes bytes = serialized(model);
        for (size_t size = 0; size < bytes.size(); size += 3)
            attempt(Bytes(bytes.begin(), bytes.begin() + std::ptrdiff_t(size)), outcome);
    }
    CHECK(outcome.refused > 500);
    CHECK(outcome.imported == 0);
}

TEST_CASE("ONNX models with mutated bytes import or are refused") {
    Outcome outcome;
    std::mt19937 random(environment("OCTET_FUZZ_SEED", 1));
    std::vector<Bytes> models;
    for (const OnnxModel &model : sample_onnx_models())
        models.push_back(serialized(model));
    const uint32_t cases = environment("OCTET_FUZZ_CASES", 20000);
    for (uint32_t i = 0; i < cases; i++) {
        Bytes bytes = models[i % models.size()];
        for (uint32_t count = 1 + random() % 3; count > 0; count--)
            bytes[random() % bytes.size()] = uint8_t(random() % 2 ? random() : random() % 8);
        attempt(bytes, outcome);
    }
    // All three happen, or the test tests nothing.
    CHECK(outcome.imported > int(cases / 50));
    CHECK(outcome.executed > int(cases / 50));
    CHECK(outcome.refused > int(cases / 50));
}

TEST_CASE("ONNX models with mutated graphs import or are refused") {
    Outcome outcome;
    std::mt19937 random(environment("OCTET_FUZZ_SEED", 1) + 1);
    const std::vector<OnnxModel> models = sample_onnx_models();
    const uint32_t cases = environment("OCTET_FUZZ_CASES", 20000);
    for (uint32_t i = 0; i < cases; i++) {
        OnnxModel model = models[i % models.size()];
        for (uint32_t count = 1 + random() % 2; count > 0; count--)
            mutate(*model.mutable_graph(), random);
        attempt(serialized(model), outcome);
    }
    CHECK(outcome.imported > int(cases / 50));
    CHECK(outcome.executed > int(cases / 50));
    CHECK(outcome.refused > int(cases / 50));
}

} // namespace octet::test
