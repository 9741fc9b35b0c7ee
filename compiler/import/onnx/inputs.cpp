#include "compiler/import/onnx/inputs.h"

#include "compiler/graph/check_operator.h"

#include <algorithm>
#include <unordered_set>

namespace octet::onnx {

namespace {

bool works_on_images(const std::string &type) {
    static const std::unordered_set<std::string> types = {
        "AveragePool",       "BatchNormalization", "Conv",    "ConvTranspose",
        "GlobalAveragePool", "GlobalMaxPool",      "MaxPool", "Resize",
        "Upsample"};
    return types.count(type) > 0;
}

/// Operators that take their input in any order of its axes and hand it on.
bool keeps_order(const std::string &type) {
    static const std::unordered_set<std::string> types = {"Add",
                                                          "Cast",
                                                          "Clip",
                                                          "Concat",
                                                          "DequantizeLinear",
                                                          "Div",
                                                          "Dropout",
                                                          "HardSwish",
                                                          "Identity",
                                                          "LeakyRelu",
                                                          "Mul",
                                                          "PRelu",
                                                          "Pad",
                                                          "QuantizeLinear",
                                                          "Relu",
                                                          "Sigmoid",
                                                          "Slice",
                                                          "Split",
                                                          "Sub",
                                                          "Tanh"};
    return types.count(type) > 0;
}

/// Values that reach an operator on images with their axes as they are.
std::unordered_set<std::string> images(const proto::GraphProto &graph, const Network &network) {
    std::unordered_set<std::string> result;
    for (int i = graph.node_size(); i-- > 0;) {
        const proto::NodeProto &node = graph.node(i);
        const auto is_image = [&](const std::string &name) { return result.count(name) > 0; };
        const auto is_needed = [&](const std::string &name) {
            const auto writer = network.writers.find(name);
            return writer != network.writers.end() && writer->second == &node;
        };
        const auto &outputs = node.output();
        if (std::none_of(outputs.begin(), outputs.end(), is_needed))
            continue;
        if (works_on_images(node.op_type()) ||
            (keeps_order(node.op_type()) && std::any_of(outputs.begin(), outputs.end(), is_image)))
            result.insert(node.input().begin(), node.input().end());
    }
    return result;
}

DType input_type(const Graph &graph, const std::string &name, int type, std::string &note) {
    switch (type) {
    case proto::TensorProto::FLOAT16:
    case proto::TensorProto::DOUBLE:
    case proto::TensorProto::BFLOAT16:
        note = fmt::format("input '{}' is {} in the file and float32 here", name, type_name(type));
        return DType::f32;
    case proto::TensorProto::FLOAT:
        return DType::f32;
    case proto::TensorProto::INT8:
        return DType::s8;
    case proto::TensorProto::UINT8:
        return DType::u8;
    case proto::TensorProto::INT16:
        return DType::s16;
    default:
        throw Error("{}: input '{}' is {}; inputs may be float32, int8, uint8 or int16",
                    where(graph), name, type_name(type));
    }
}

Shape input_shape(Graph &graph, const std::string &name, const proto::TypeProto::Tensor &type) {
    if (!type.has_shape())
        throw Error("{}: input '{}' has no shape; set one before exporting", where(graph), name);
    Shape shape;
    for (const auto &dimension : type.shape().dim()) {
        const bool free = !dimension.has_dim_value() || dimension.dim_value() <= 0;
        if (free && !shape.empty())
            throw Error("{}: axis {} of input '{}' has no size ('{}'); export the network with "
                        "fixed extents",
                        where(graph), shape.size(), name, printable(dimension.dim_param()));
        if (free)
            graph.notes.push_back(
                fmt::format("the batch of input '{}', which the file leaves open, is 1", name));
        if (!free && dimension.dim_value() > max_elements)
            throw Error("{}: an extent of input '{}' is {}; at most 2^28 elements are supported",
                        where(graph), name, dimension.dim_value());
        shape.push_back(free ? 1 : int(dimension.dim_value()));
    }
    return shape;
}

} // namespace

void read_inputs(const proto::GraphProto &source, Network &network) {
    Graph &graph = network.graph;
    const std::unordered_set<std::string> is_image = images(source, network);
    for (const proto::ValueInfoProto &input : source.input()) {
        if (network.values.count(input.name()))
            continue; // an initializer, which old files list among the inputs
        const std::string name = printable(input.name());
        std::string note;
        Tensor tensor;
        tensor.name = name;
        tensor.dtype = input_type(graph, name, input.type().tensor_type().elem_type(), note);
        if (!note.empty())
            graph.notes.push_back(note);
        Value value;
        value.view.shape = input_shape(graph, name, input.type().tensor_type());
        value.view.order = identity(value.rank());
        if (value.rank() == 3 || value.rank() == 4)
            if (is_image.count(input.name()))
                value.view.order = channels_last(value.rank());
        tensor.shape = arranged(value.shape(), value.view.order);
        if (value.view.order != identity(value.rank()))
            graph.notes.push_back(fmt::format("input '{}' is taken as {} {}", name,
                                              value.rank() == 4 ? "NHWC" : "NLC",
                                              to_string(tensor.shape)));
        value.tensor = network.builder.add_tensor(std::move(tensor));
        graph.inputs.push_back(value.tensor);
        network.values[input.name()] = std::move(value);
    }
}

void set_outputs(const proto::GraphProto &source, Network &network) {
    Graph &graph = network.graph;
    for (const proto::ValueInfoProto &output : source.output()) {
        const std::string name = printable(output.name());
        const auto found = network.values.find(output.name());
        if (found == network.values.end())
            throw Error("{}: no operator writes the output '{}'; name one that is computed",
                        where(graph), name);
        const Value &value = found->second;
        if (value.is_constant())
            throw Error("{}: the output '{}' is a constant; remove it", where(graph), name);
        network.builder.set_name(name);
        Axes order = identity(value.rank());
        if (!value.view.base && (value.rank() == 3 || value.rank() == 4) &&
            network.builder.preferred_order(value) == channels_last(value.rank()))
            order = channels_last(value.rank());
        TensorId tensor = network.builder.stored(value, order);
        // Each output is a tensor of its own that an operator writes.
        if (!network.builder.producer(tensor) ||
            std::count(graph.outputs.begin(), graph.outputs.end(), tensor))
            tensor = network.builder.emit(OpKind::reshape, "_copy", {tensor}, {},
                                          network.builder.tensor(tensor).shape);
        if (order != identity(value.rank()))
            graph.notes.push_back(fmt::format("output '{}' is given as {} {}", name,
                                              value.rank() == 4 ? "NHWC" : "NLC",
                                              to_string(graph.tensor(tensor).shape)));
        graph.tensor(tensor).name = name;
        graph.outputs.push_back(tensor);
    }
}

} // namespace octet::onnx
