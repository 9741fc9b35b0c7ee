#include "tests/unit/import_onnx/onnx_models.h"

namespace octet::test {

namespace proto = ::onnx;

namespace {

void set_type(proto::ValueInfoProto &value, const std::string &name,
              const std::vector<int64_t> &shape) {
    value.set_name(name);
    auto *type = value.mutable_type()->mutable_tensor_type();
    type->set_elem_type(proto::TensorProto::FLOAT);
    for (int64_t extent : shape)
        type->mutable_shape()->add_dim()->set_dim_value(extent);
}

/// A convolution, normalization, activation, pool and classifier in float.
OnnxModel classifier() {
    OnnxWriter w({1, 3, 8, 8});
    w.floats("w", {4, 3, 3, 3});
    set(w.node("Conv", {"x", "w"}, "conv"), "pads", {1, 1, 1, 1});
    for (const char *name : {"scale", "offset", "mean", "variance"})
        w.floats(name, {4});
    w.node("BatchNormalization", {"conv", "scale", "offset", "mean", "variance"}, "bn");
    w.node("Relu", {"bn"}, "relu");
    proto::NodeProto &pool = w.node("MaxPool", {"relu"}, "pool");
    set(pool, "kernel_shape", {2, 2});
    set(pool, "strides", {2, 2});
    w.node("Flatten", {"pool"}, "flat");
    w.floats("fc", {5, 64});
    set(w.node("Gemm", {"flat", "fc"}, "gemm"), "transB", 1);
    w.node("Softmax", {"gemm"}, "y");
    return w.model();
}

/// Shapes by arithmetic, views, slices and joins.
OnnxModel shapes() {
    OnnxWriter w({1, 4, 4, 6});
    w.integers("zero", {0});
    w.integers("rest", {-1, 4});
    w.node("Shape", {"x"}, "shape");
    w.node("Gather", {"shape", "zero"}, "batch");
    set(w.node("Concat", {"batch", "rest"}, "wanted"), "axis", 0);
    set(w.node("Transpose", {"x"}, "nhwc"), "perm", {0, 2, 3, 1});
    w.node("Reshape", {"nhwc", "wanted"}, "rows");
    w.integers("begin", {1});
    w.integers("end", {20});
    w.integers("axis", {1});
    w.node("Slice", {"rows", "begin", "end", "axis"}, "some");
    set(w.node("Concat", {"some", "rows"}, "joined"), "axis", 1);
    w.integers("pads", {0, 1, 0, 0, 0, 2});
    w.node("Pad", {"joined", "pads"}, "padded");
    w.floats("m", {6, 3});
    w.node("MatMul", {"padded", "m"}, "product");
    w.floats("slope", {3});
    w.node("PRelu", {"product", "slope"}, "prelu");
    set(w.node("ReduceMean", {"prelu"}, "y"), "axes", {1});
    return w.model();
}

/// Up and down: resizing, transposed convolution, depthwise convolution, squeeze and excite.
OnnxModel upsampling() {
    OnnxWriter w({1, 4, 4, 4});
    w.floats("dw", {4, 1, 3, 3});
    proto::NodeProto &depthwise = w.node("Conv", {"x", "dw"}, "depthwise");
    set(depthwise, "group", 4);
    set(depthwise, "pads", {1, 1, 1, 1});
    w.node("GlobalAveragePool", {"depthwise"}, "gap");
    w.node("HardSigmoid", {"gap"}, "gate");
    w.node("Mul", {"depthwise", "gate"}, "scaled");
    w.floats("sizes", {4}).mutable_float_data()->Clear();
    auto *sizes = w.model().mutable_graph()->mutable_initializer(1);
    for (float scale : {1.0f, 1.0f, 2.0f, 2.0f})
        sizes->add_float_data(scale);
    w.node("Resize", {"scaled", "", "sizes"}, "resized");
    w.floats("up", {4, 2, 2, 2});
    set(w.node("ConvTranspose", {"scaled", "up"}, "transposed"), "strides", {2, 2});
    set(w.node("Concat", {"resized", "transposed"}, "joined"), "axis", 1);
    proto::NodeProto &pool = w.node("AveragePool", {"joined"}, "y");
    set(pool, "kernel_shape", {3, 3});
    set(pool, "pads", {1, 1, 1, 1});
    set(pool, "count_include_pad", 1);
    return w.model();
}

/// Pairs of QuantizeLinear and DequantizeLinear around a convolution, an addition and a pool.
OnnxModel quantized() {
    OnnxWriter w({1, 3, 6, 6});
    w.number("s", 0.05f);
    w.bytes("z", {}).set_raw_data(std::string(1, char(3)));
    w.bytes("w", {4, 3, 1, 1});
    w.bytes("z0", {}).set_raw_data(std::string(1, char(0)));
    w.node("QuantizeLinear", {"x", "s", "z"}, "xq");
    w.node("DequantizeLinear", {"xq", "s", "z"}, "xd");
    w.node("DequantizeLinear", {"w", "s", "z0"}, "wd");
    w.node("Conv", {"xd", "wd"}, "conv");
    w.node("Relu", {"conv"}, "relu");
    w.node("QuantizeLinear", {"relu", "s", "z"}, "rq");
    w.node("DequantizeLinear", {"rq", "s", "z"}, "rd");
    w.node("Add", {"rd", "rd"}, "sum");
    w.node("QuantizeLinear", {"sum", "s", "z"}, "sq");
    w.node("DequantizeLinear", {"sq", "s", "z"}, "sd");
    set(w.node("MaxPool", {"sd"}, "pool"), "kernel_shape", {2, 2});
    w.node("QuantizeLinear", {"pool", "s", "z"}, "pq");
    w.node("DequantizeLinear", {"pq", "s", "z"}, "y");
    return w.model();
}

} // namespace

OnnxWriter::OnnxWriter(std::vector<int64_t> input_shape, int64_t opset) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(opset);
    proto::GraphProto &graph = *model_.mutable_graph();
    graph.set_name("test");
    set_type(*graph.add_input(), "x", input_shape);
    set_type(*graph.add_output(), "y", {});
}

proto::NodeProto &OnnxWriter::node(const std::string &type, const std::vector<std::string> &inputs,
                                   const std::string &output) {
    proto::NodeProto &node = *model_.mutable_graph()->add_node();
    node.set_op_type(type);
    for (const std::string &input : inputs)
        node.add_input(input);
    node.add_output(output);
    return node;
}

proto::TensorProto &OnnxWriter::floats(const std::string &name, const std::vector<int64_t> &shape) {
    proto::TensorProto &tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(proto::TensorProto::FLOAT);
    int64_t count = 1;
    for (int64_t extent : shape) {
        tensor.add_dims(extent);
        count *= extent;
    }
    for (int64_t i = 0; i < count; i++)
        tensor.add_float_data(0.1f + float(next() >> 20) / 4096.0f);
    return tensor;
}

proto::TensorProto &OnnxWriter::integers(const std::string &name,
                                         const std::vector<int64_t> &values) {
    proto::TensorProto &tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(proto::TensorProto::INT64);
    tensor.add_dims(int64_t(values.size()));
    for (int64_t value : values)
        tensor.add_int64_data(value);
    return tensor;
}

proto::TensorProto &OnnxWriter::bytes(const std::string &name, const std::vector<int64_t> &shape) {
    proto::TensorProto &tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(proto::TensorProto::INT8);
    std::string data(1, '\0');
    for (int64_t extent : shape) {
        tensor.add_dims(extent);
        data.resize(data.size() * size_t(extent));
    }
    for (char &byte : data)
        byte = char(next() >> 24);
    tensor.set_raw_data(data);
    return tensor;
}

proto::TensorProto &OnnxWriter::number(const std::string &name, float value) {
    proto::TensorProto &tensor = floats(name, {});
    tensor.set_float_data(0, value);
    return tensor;
}

void set(proto::NodeProto &node, const std::string &name, int64_t value) {
    proto::AttributeProto &attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(proto::AttributeProto::INT);
    attribute.set_i(value);
}

void set(proto::NodeProto &node, const std::string &name, const std::vector<int64_t> &values) {
    proto::AttributeProto &attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(proto::AttributeProto::INTS);
    for (int64_t value : values)
        attribute.add_ints(value);
}

Bytes serialized(const OnnxModel &model) {
    const std::string text = model.SerializeAsString();
    return {text.begin(), text.end()};
}

std::vector<OnnxModel> sample_onnx_models() {
    return {classifier(), shapes(), upsampling(), quantized()};
}

} // namespace octet::test
