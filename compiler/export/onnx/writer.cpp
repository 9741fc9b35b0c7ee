#include "compiler/export/onnx/writer.h"

#include "compiler/export/export.h"

#include <algorithm>
#include <cstring>

namespace octet::onnx_export {

namespace {

/// Elements of `size` bytes with their axes in another order.
Bytes permuted_bytes(const Bytes &bytes, size_t size, const Shape &shape,
                     const std::vector<int> &permutation) {
    std::vector<int64_t> strides(shape.size(), 1);
    for (size_t axis = shape.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * shape[axis];
    const Shape out = permuted(shape, permutation);
    Bytes result(bytes.size());
    for (size_t i = 0; i < bytes.size() / size; i++) {
        int64_t from = 0;
        size_t rest = i;
        for (size_t axis = out.size(); axis-- > 0;) {
            from += int64_t(rest % size_t(out[axis])) * strides[size_t(permutation[axis])];
            rest /= size_t(out[axis]);
        }
        std::memcpy(&result[i * size], &bytes[size_t(from) * size], size);
    }
    return result;
}

/// NHWC and NCHW lie in memory alike.
bool same_in_both(const Shape &shape) {
    return shape.size() != 4 || shape[3] == 1 || shape[1] * shape[2] == 1;
}

std::vector<int64_t> wide(const std::vector<int> &values) {
    return {values.begin(), values.end()};
}

} // namespace

Shape permuted(const Shape &shape, const std::vector<int> &permutation) {
    Shape result;
    for (int axis : permutation)
        result.push_back(shape[size_t(axis)]);
    return result;
}

Writer::Writer(const Graph &graph)
    : graph_(graph),
      file_(graph.name,
            std::any_of(graph.tensors.begin(), graph.tensors.end(),
                        [](const Tensor &tensor) { return tensor.dtype == DType::s16; })) {}

Bytes Writer::write() && {
    static constexpr void (*writers[])(Writer &, const Operator &) = {
#define OCTET_OPERATOR(kind, tflite, code) write_##kind,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) nullptr, // checked graphs have none
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    // The names that users see come first, before others can take them.
    std::vector<std::string> inputs, outputs;
    for (TensorId id : graph_.inputs)
        inputs.push_back(file_.unique(graph_.tensor(id).name));
    for (TensorId id : graph_.outputs) {
        outputs.push_back(file_.unique(graph_.tensor(id).name));
        output_names_.emplace(id, outputs.back());
    }
    for (size_t i = 0; i < inputs.size(); i++)
        write_input(graph_.inputs[i], inputs[i]);
    for (const Operator &op : graph_.operators)
        writers[size_t(op.kind)](*this, op);
    for (size_t i = 0; i < outputs.size(); i++)
        write_output(graph_.outputs[i], outputs[i]);
    return file_.bytes();
}

void Writer::write_input(TensorId id, const std::string &name) {
    const Tensor &tensor = graph_.tensor(id);
    file_.add_input(name, tensor.dtype, tensor.shape);
    const std::string value = to_nchw(name, tensor, tensor.name);
    if (tensor.quantization.quantized())
        stored_.emplace(id, Stored{value, parameters(tensor)});
    else
        reals_.emplace(id, value);
}

void Writer::write_output(TensorId id, const std::string &name) {
    const Tensor &tensor = graph_.tensor(id);
    const auto stored = stored_.find(id);
    const std::string &value = stored == stored_.end() ? real(id) : stored->second.value;
    file_.add_output(name, tensor.dtype, tensor.shape);
    if (tensor.shape.size() == 4)
        file_.add("Transpose", {value}, name, {{"perm", wide(nhwc)}});
    else if (value != name)
        file_.add("Identity", {value}, name);
}

Writer::Parameters Writer::parameters(const Tensor &tensor) {
    const Quantization &q = tensor.quantization;
    const bool per_channel = q.per_channel();
    Bytes zero_points;
    for (int32_t zero_point : q.zero_points)
        for (size_t byte = 0; byte < size_of(tensor.dtype); byte++)
            zero_points.push_back(uint8_t(zero_point >> (8 * byte)));
    return {file_.reals(tensor.name + "_scale", q.scales),
            file_.constant(tensor.name + "_zero_point", tensor.dtype,
                           per_channel ? Shape{int(q.zero_points.size())} : Shape{}, zero_points)};
}

std::string Writer::real(TensorId id) {
    const Tensor &tensor = graph_.tensor(id);
    if (tensor.constant())
        return constant(id, {tensor.shape.size() == 4 ? nchw : std::vector<int>{}});
    std::string &value = reals_[id];
    if (value.empty()) {
        const auto &[stored, p] = stored_.at(id);
        value = file_.add_unique("DequantizeLinear", {stored, p.scale, p.zero_point},
                                 tensor.name + "_dequantized");
    }
    return value;
}

std::string Writer::operand(TensorId id, size_t rank) {
    const Tensor &tensor = graph_.tensor(id);
    if (tensor.constant())
        return constant(id, {rank == 4 ? nchw : std::vector<int>{}, rank});
    if (tensor.shape.size() == rank)
        return real(id);
    Tensor wider = tensor; // of fewer than four dimensions, so in Graph's layout
    wider.shape.insert(wider.shape.begin(), rank - tensor.shape.size(), 1);
    return to_nchw(reshape(real(id), wider.shape, tensor.name + "_wide"), wider,
                   tensor.name + "_wide");
}

std::string Writer::constant(TensorId id, const Form &form) {
    const Tensor &tensor = graph_.tensor(id);
    Shape shape = tensor.shape;
    const size_t added = form.rank > shape.size() ? form.rank - shape.size() : 0;
    shape.insert(shape.begin(), added, 1);
    Bytes data = *tensor.data;
    int64_t axis = tensor.quantization.axis + int64_t(added);
    if (!form.permutation.empty()) {
        data = permuted_bytes(data, size_of(tensor.dtype), shape, form.permutation);
        shape = permuted(shape, form.permutation);
        axis = std::find(form.permutation.begin(), form.permutation.end(), int(axis)) -
               form.permutation.begin();
    }
    const std::string stored = file_.constant(tensor.name, tensor.dtype, shape, data);
    if (!tensor.quantization.quantized())
        return stored;
    const Parameters p = parameters(tensor);
    NodeAttributes attributes;
    if (tensor.quantization.per_channel())
        attributes["axis"] = axis;
    return file_.add_unique("DequantizeLinear", {stored, p.scale, p.zero_point},
                            tensor.name + "_dequantized", attributes);
}

std::vector<float> Writer::real_bias(const Operator &op) const {
    const std::vector<float> &scales = input(op, 1).quantization.scales;
    std::vector<float> result;
    for (int64_t value : input(op, 2).values<int64_t>())
        result.push_back(float(double(value) * double(input(op).quantization.scale()) *
                               double(scales[scales.size() > 1 ? result.size() : 0])));
    return result;
}

std::string Writer::bias(const Operator &op) {
    if (op.input(2) == no_tensor)
        return "";
    const Tensor &bias = input(op, 2);
    if (bias.dtype == DType::s64)
        return file_.reals(bias.name, real_bias(op));
    const std::string stored = file_.constant(bias.name, bias.dtype, bias.shape, *bias.data);
    if (bias.dtype != DType::s32)
        return stored;
    std::vector<float> scales = input(op, 1).quantization.scales;
    for (float &scale : scales)
        scale *= input(op).quantization.scale();
    NodeAttributes attributes;
    if (scales.size() > 1)
        attributes["axis"] = int64_t(0);
    return file_.add_unique("DequantizeLinear", {stored, file_.reals(bias.name + "_scale", scales)},
                            bias.name + "_dequantized", attributes);
}

void Writer::define(const Operator &op, const std::string &value) {
    const TensorId id = op.outputs.at(0);
    const Tensor &tensor = graph_.tensor(id);
    if (!tensor.quantization.quantized()) {
        reals_[id] = value;
        return;
    }
    const Parameters p = parameters(tensor);
    // An output in Graph's layout is the network's own.
    const auto output = output_names_.find(id);
    const bool is_output = output != output_names_.end() && tensor.shape.size() != 4;
    const std::string name = is_output ? output->second : file_.unique(tensor.name);
    stored_.emplace(id,
                    Stored{file_.add("QuantizeLinear", {value, p.scale, p.zero_point}, name), p});
}

std::string Writer::activate(const std::string &value, Activation activation,
                             const std::string &name) {
    const auto clip = [&](float lowest, float highest) {
        return file_.add_unique("Clip",
                                {value, file_.reals(name + "_lowest", {lowest}),
                                 file_.reals(name + "_highest", {highest})},
                                name + "_clipped");
    };
    switch (activation) {
    case Activation::none:
        return value;
    case Activation::relu:
        return file_.add_unique("Relu", {value}, name + "_relu");
    case Activation::relu6:
        return clip(0, 6);
    case Activation::relu_n1_to_1:
        return clip(-1, 1);
    }
    return value;
}

std::string Writer::between(const std::string &value, const Tensor &like, const std::string &name) {
    if (!like.quantization.quantized())
        return value;
    const Parameters p = parameters(like);
    const std::string stored =
        file_.add_unique("QuantizeLinear", {value, p.scale, p.zero_point}, name + "_quantized");
    return file_.add_unique("DequantizeLinear", {stored, p.scale, p.zero_point},
                            name + "_dequantized");
}

std::string Writer::to_nhwc(const std::string &value, const Tensor &tensor,
                            const std::string &name) {
    if (tensor.shape.size() != 4)
        return value;
    if (same_in_both(tensor.shape))
        return reshape(value, tensor.shape, name + "_nhwc");
    return file_.add_unique("Transpose", {value}, name + "_nhwc", {{"perm", wide(nhwc)}});
}

std::string Writer::to_nchw(const std::string &value, const Tensor &tensor,
                            const std::string &name) {
    if (tensor.shape.size() != 4)
        return value;
    return file_.add_unique("Transpose", {value}, name + "_nchw", {{"perm", wide(nchw)}});
}

std::string Writer::reshape(const std::string &value, const Shape &shape, const std::string &name) {
    return file_.add_unique("Reshape", {value, file_.integers(name + "_shape", wide(shape))},
                            name + "_reshaped");
}

} // namespace octet::onnx_export

namespace octet {

Bytes to_onnx(const Graph &graph) {
    return onnx_export::Writer(graph).write();
}

} // namespace octet
