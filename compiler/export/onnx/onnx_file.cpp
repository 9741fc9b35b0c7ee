#include "compiler/export/onnx/onnx_file.h"

#include <fmt/format.h>

#include <cstring>

namespace octet::onnx_export {

namespace {

namespace proto = ::onnx;

// What ONNX Runtime and the importers of other tools read; newer ones change nothing that is used.
constexpr int ir_version = 8;
constexpr int opset_version = 13;
// The first with QuantizeLinear to int16.
constexpr int wide_ir_version = 10;
constexpr int wide_opset_version = 21;

int type_of(DType dtype) {
    switch (dtype) {
    case DType::f32:
        return proto::TensorProto::FLOAT;
    case DType::s8:
        return proto::TensorProto::INT8;
    case DType::u8:
        return proto::TensorProto::UINT8;
    case DType::s16:
        return proto::TensorProto::INT16;
    case DType::s32:
        return proto::TensorProto::INT32;
    case DType::s64:
        return proto::TensorProto::INT64;
    case DType::boolean:
        return proto::TensorProto::BOOL;
    }
    return proto::TensorProto::UNDEFINED;
}

void describe(proto::ValueInfoProto &info, const std::string &name, DType dtype,
              const Shape &shape) {
    info.set_name(name);
    auto *tensor = info.mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type_of(dtype));
    auto *dimensions = tensor->mutable_shape();
    for (int extent : shape)
        dimensions->add_dim()->set_dim_value(extent);
}

template <typename T>
Bytes bytes_of(const std::vector<T> &values) {
    Bytes bytes(values.size() * sizeof(T));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

struct SetAttribute {
    proto::AttributeProto &attribute;

    void operator()(int64_t value) const {
        attribute.set_type(proto::AttributeProto::INT);
        attribute.set_i(value);
    }
    void operator()(float value) const {
        attribute.set_type(proto::AttributeProto::FLOAT);
        attribute.set_f(value);
    }
    void operator()(const std::string &value) const {
        attribute.set_type(proto::AttributeProto::STRING);
        attribute.set_s(value);
    }
    void operator()(const std::vector<int64_t> &values) const {
        attribute.set_type(proto::AttributeProto::INTS);
        for (int64_t value : values)
            attribute.add_ints(value);
    }
};

} // namespace

OnnxFile::OnnxFile(const std::string &name, bool wide)
    : opset_(wide ? wide_opset_version : opset_version) {
    model_.set_ir_version(wide ? wide_ir_version : ir_version);
    model_.set_producer_name("Octet");
    model_.add_opset_import()->set_version(opset_);
    model_.mutable_graph()->set_name(name);
}

std::string OnnxFile::unique(const std::string &name) {
    std::string unique = name;
    for (int &count = name_counts_[name]; unique.empty() || !names_.insert(unique).second;)
        unique = fmt::format("{}_{}", name, ++count + 1);
    return unique;
}

std::string OnnxFile::add(const std::string &kind, const std::vector<std::string> &inputs,
                          const std::string &output, const NodeAttributes &attributes) {
    proto::NodeProto &node = *model_.mutable_graph()->add_node();
    node.set_op_type(kind);
    node.set_name(output);
    for (const std::string &input : inputs)
        node.add_input(input);
    node.add_output(output);
    for (const auto &[name, value] : attributes) {
        proto::AttributeProto &attribute = *node.add_attribute();
        attribute.set_name(name);
        std::visit(SetAttribute{attribute}, value);
    }
    return output;
}

std::string OnnxFile::add_unique(const std::string &kind, const std::vector<std::string> &inputs,
                                 const std::string &name, const NodeAttributes &attributes) {
    return add(kind, inputs, unique(name), attributes);
}

std::string OnnxFile::constant(const std::string &name, DType dtype, const Shape &shape,
                               const Bytes &data) {
    proto::TensorProto &tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(unique(name));
    tensor.set_data_type(type_of(dtype));
    for (int extent : shape)
        tensor.add_dims(extent);
    tensor.set_raw_data(data.data(), data.size());
    return tensor.name();
}

std::string OnnxFile::integers(const std::string &name, const std::vector<int64_t> &values) {
    return constant(name, DType::s64, {int(values.size())}, bytes_of(values));
}

std::string OnnxFile::reals(const std::string &name, const std::vector<float> &values) {
    const Shape shape = values.size() == 1 ? Shape{} : Shape{int(values.size())};
    return constant(name, DType::f32, shape, bytes_of(values));
}

void OnnxFile::add_input(const std::string &name, DType dtype, const Shape &shape) {
    describe(*model_.mutable_graph()->add_input(), name, dtype, shape);
}

void OnnxFile::add_output(const std::string &name, DType dtype, const Shape &shape) {
    describe(*model_.mutable_graph()->add_output(), name, dtype, shape);
}

Bytes OnnxFile::bytes() const {
    Bytes bytes(model_.ByteSizeLong());
    model_.SerializeToArray(bytes.data(), int(bytes.size()));
    return bytes;
}

} // namespace octet::onnx_export
