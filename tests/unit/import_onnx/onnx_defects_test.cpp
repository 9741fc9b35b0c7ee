// What is wrong with a file or not supported is said in one line that names the file and the
// operator; what is only unusual (external data, half precision, a free batch) imports.
#include "compiler/import/onnx/import_onnx.h"
#include "compiler/reference/interpreter.h"
#include "tests/support/expect_error.h"
#include "tests/unit/import_onnx/onnx_case.h"
#include "tests/unit/import_onnx/onnx_models.h"

#include <algorithm>
#include <fstream>

namespace octet::test {
namespace {

namespace proto = ::onnx;

std::string import_error(const OnnxModel &model) {
    return error_of([&] { onnx::import_onnx(serialized(model), "net.onnx"); });
}

OnnxModel sample(size_t i) {
    return sample_onnx_models().at(i);
}

bool has_note(const Graph &graph, const std::string &words) {
    return std::any_of(graph.notes.begin(), graph.notes.end(), [&](const std::string &note) {
        return note.find(words) != std::string::npos;
    });
}

TEST_CASE("the samples import and keep no transposes") {
    for (const OnnxModel &model : sample_onnx_models()) {
        const Graph graph = onnx::import_onnx(serialized(model), "net.onnx");
        for (const Operator &op : graph.operators) {
            CHECK(op.rounding == Rounding::float32);
            if (op.kind == OpKind::transpose)
                CHECK(model.graph().node(0).op_type() == "Shape"); // which asks for one
        }
    }
    const Graph graph = onnx::import_onnx(serialized(sample(3)), "net.onnx");
    CHECK(graph.operators.size() == 5); // quantize, conv2d, add, max_pool2d, dequantize
    CHECK(graph.operators[1].as<Conv2dAttributes>().activation == Activation::relu);
}

TEST_CASE("all operators that are not supported are named at once") {
    OnnxModel model = sample(0);
    model.mutable_graph()->mutable_node(2)->set_op_type("Erf");
    model.mutable_graph()->mutable_node(3)->set_op_type("LRN");
    model.mutable_graph()->mutable_node(6)->set_op_type("Custom");
    model.mutable_graph()->mutable_node(6)->set_domain("my.domain");
    check_message(import_error(model), {"net.onnx: ", "Erf (1x)", "LRN (1x)",
                                        "my.domain.Custom (1x)", "; replace them"});
}

TEST_CASE("an operator that no output needs may be anything") {
    OnnxModel model = sample(0);
    proto::NodeProto &unused = *model.mutable_graph()->add_node();
    unused.set_op_type("Erf");
    unused.add_input("x");
    unused.add_output("unused");
    CHECK(has_note(onnx::import_onnx(serialized(model), "net.onnx"), "1 operators that no output"));
}

TEST_CASE("damaged and hostile files are refused in words") {
    check_message(error_of([] { onnx::import_onnx(Bytes(100, 0xff), "net.onnx"); }),
                  {"net.onnx: ", "not a sound ONNX model"});
    OnnxModel model = sample(0);
    SECTION("a constant is shorter than its shape") {
        model.mutable_graph()->mutable_initializer(0)->mutable_float_data()->RemoveLast();
        check_message(import_error(model), {"constant 'w'", "4x3x3x3", "need 432"});
    }
    SECTION("a constant claims to be enormous") {
        model.mutable_graph()->mutable_initializer(0)->set_dims(0, int64_t(1) << 40);
        check_message(import_error(model), {"constant 'w'", "2^28"});
    }
    SECTION("an operator reads what nobody wrote") {
        model.mutable_graph()->mutable_node(2)->set_input(0, "nobody");
        check_message(import_error(model), {"relu (Relu)", "'nobody'", "order the operators"});
    }
    SECTION("two operators write one value") {
        model.mutable_graph()->mutable_node(2)->set_output(0, "bn");
        model.mutable_graph()->mutable_node(3)->set_input(0, "bn");
        check_message(import_error(model), {"'bn'", "output of its own"});
    }
    SECTION("weights are computed") {
        model.mutable_graph()->mutable_node(0)->set_input(1, "x");
        check_message(import_error(model), {"conv (Conv)", "weights", "only constants"});
    }
    SECTION("a type that is not supported") {
        model.mutable_graph()->mutable_initializer(0)->set_data_type(proto::TensorProto::STRING);
        check_message(import_error(model), {"constant 'w'", "STRING"});
    }
    SECTION("shapes that do not fit") {
        set(*model.mutable_graph()->mutable_node(0), "group", 7);
        check_message(import_error(model), {"conv (Conv)", "7 groups"});
    }
    SECTION("an opset of long ago") {
        model.mutable_opset_import(0)->set_version(4);
        check_message(import_error(model), {"opset 4", "opset 9 or newer"});
    }
    SECTION("a free height") {
        model.mutable_graph()
            ->mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(2)
            ->set_dim_param("height");
        check_message(import_error(model), {"axis 2 of input 'x'", "'height'", "fixed extents"});
    }
}

TEST_CASE("scales that contradict each other are refused") {
    OnnxModel model = sample(3);
    model.mutable_graph()->mutable_node(6)->set_input(1, "other");
    proto::TensorProto &other = *model.mutable_graph()->add_initializer();
    other = model.graph().initializer(0);
    other.set_name("other");
    other.set_float_data(0, 0.25f);
    check_message(import_error(model), {"rd (DequantizeLinear)", "0.25", "quantize the network"});
}

TEST_CASE("a network of integers alone takes its input's scale from the first DequantizeLinear") {
    OnnxModel model = sample(3);
    auto &graph = *model.mutable_graph();
    graph.mutable_node()->DeleteSubrange(graph.node_size() - 1, 1);
    graph.mutable_node()->DeleteSubrange(0, 1);
    graph.mutable_node(0)->set_input(0, "x");
    graph.mutable_node(graph.node_size() - 1)->set_output(0, "y");
    graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
        proto::TensorProto::INT8);
    const Graph imported = onnx::import_onnx(serialized(model), "net.onnx");
    CHECK(imported.operators.size() == 3); // conv2d, add, max_pool2d
    const Tensor &input = imported.tensor(imported.inputs[0]);
    CHECK(input.dtype == DType::s8);
    CHECK(input.quantization == Quantization{{0.05f}, {3}, 0});
    CHECK(imported.tensor(imported.outputs[0]).dtype == DType::s8);
}

TEST_CASE("a batch that the file leaves open is 1") {
    OnnxModel model = sample(0);
    model.mutable_graph()
        ->mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(0)
        ->set_dim_param("batch");
    const Graph graph = onnx::import_onnx(serialized(model), "net.onnx");
    CHECK(graph.tensor(graph.inputs[0]).shape == Shape{1, 8, 8, 3});
    CHECK(has_note(graph, "the batch of input 'x'"));
    CHECK(has_note(graph, "input 'x' is taken as NHWC 1x8x8x3"));
}

TEST_CASE("half precision becomes single") {
    OnnxModel model = sample(0);
    proto::TensorProto &weights = *model.mutable_graph()->mutable_initializer(0);
    weights.clear_float_data();
    weights.set_data_type(proto::TensorProto::FLOAT16);
    std::string raw;
    for (int i = 0; i < 108; i++) // 1.5, -2, the smallest subnormal number
        raw += i % 3 == 0   ? std::string("\x00\x3e", 2)
               : i % 3 == 1 ? std::string("\x00\xc0", 2)
                            : std::string("\x01\x00", 2);
    weights.set_raw_data(raw);
    // Behind the convolution nothing may fold into its weights.
    model.mutable_graph()->mutable_node(2)->set_input(0, "conv");
    const Graph graph = onnx::import_onnx(serialized(model), "net.onnx");
    CHECK(has_note(graph, "1 constants of FLOAT16 became float32"));
    const auto values = graph.tensor(graph.operators[0].inputs[1]).values<float>();
    CHECK(values[0] == 1.5f); // (co 0, ci 0, ry 0, rx 0)
    CHECK(std::count(values.begin(), values.end(), -2.0f) == 36);
    CHECK(std::count(values.begin(), values.end(), 0x1p-24f) == 36);
}

TEST_CASE("external data lies beside the model") {
    const CaseFolder folder;
    OnnxModel model = sample(0);
    const Graph inside = onnx::import_onnx(serialized(model), "net.onnx");
    proto::TensorProto &weights = *model.mutable_graph()->mutable_initializer(0);
    const std::vector<float> values(weights.float_data().begin(), weights.float_data().end());
    weights.clear_float_data();
    weights.set_data_location(proto::TensorProto::EXTERNAL);
    const auto entry = [&](const std::string &key, const std::string &value) {
        auto *added = weights.add_external_data();
        added->set_key(key);
        added->set_value(value);
    };
    entry("location", "weights.bin");
    entry("offset", "8");
    entry("length", "432");
    const std::string source = folder.path() / "net.onnx";
    const auto attempt = [&] { return onnx::import_onnx(serialized(model), source); };
    check_message(error_of(attempt), {"constant 'w'", "'weights.bin'", "missing"});
    {
        std::ofstream file(folder.path() / "weights.bin", std::ios::binary);
        file << "12345678";
        file.write(reinterpret_cast<const char *>(values.data()), 432);
    }
    const Graph outside = attempt();
    CHECK(*outside.tensor(outside.operators[0].inputs[1]).data ==
          *inside.tensor(inside.operators[0].inputs[1]).data);
    weights.mutable_external_data(1)->set_value("9");
    check_message(error_of(attempt), {"constant 'w'", "byte 9", "440 bytes"});
    weights.mutable_external_data(0)->set_value("../weights.bin");
    check_message(error_of(attempt), {"outside the model's folder"});
}

} // namespace
} // namespace octet::test
