#include "compiler/export/export.h"
#include "compiler/export/tflite/model.h"
#include "compiler/export/tflite/options.h"
#include "compiler/support/error.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

namespace octet::tflite {

namespace {

schema::BuiltinOperator code_of(const Operator &op) {
    if (op.kind == OpKind::slice && is_strided(op))
        return schema::BuiltinOperator::STRIDED_SLICE;
    static constexpr int codes[] = {
#define OCTET_OPERATOR(kind, tflite, code) code,
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) code,
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
    };
    return schema::BuiltinOperator(codes[size_t(op.kind)]);
}

class Writer {
public:
    explicit Writer(const Graph &graph) : graph_(graph) {
        model_.version = 3;
        model_.description = graph.name + ", written by Octet";
        model_.buffers.push_back(std::make_unique<schema::BufferT>());
        auto subgraph = std::make_unique<schema::SubGraphT>();
        subgraph_ = subgraph.get();
        subgraph_->name = "main";
        subgraph_->inputs = graph.inputs;
        subgraph_->outputs = graph.outputs;
        model_.subgraphs.push_back(std::move(subgraph));
    }

    schema::ModelT write() && {
        for (const Tensor &tensor : graph_.tensors)
            add_tensor(tensor);
        for (const Operator &op : graph_.operators)
            if (is_convolution(op) && graph_.tensor(op.inputs[0]).dtype == DType::u8)
                rebias(op.inputs[1]);
        for (const Operator &op : graph_.operators)
            add_operator(op);
        return std::move(model_);
    }

private:
    static bool is_convolution(const Operator &op) {
        return op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d ||
               op.kind == OpKind::fully_connected || op.kind == OpKind::transpose_conv2d;
    }

    // int8 weights as uint8: the same real values.
    void rebias(TensorId weights) {
        schema::TensorT &tensor = *subgraph_->tensors.at(size_t(weights));
        if (tensor.type == schema::TensorType::UINT8)
            return; // shared by two operators
        tensor.type = schema::TensorType::UINT8;
        for (int64_t &zero_point : tensor.quantization->zero_point)
            zero_point += 128;
        for (uint8_t &value : model_.buffers.at(tensor.buffer)->data)
            value ^= 0x80;
    }

    int add_tensor(const Tensor &tensor) {
        auto t = std::make_unique<schema::TensorT>();
        t->name = tensor.name;
        t->shape = tensor.shape;
        t->type = tensor_type(tensor.dtype);
        if (tensor.quantization.quantized()) {
            t->quantization = std::make_unique<schema::QuantizationParametersT>();
            t->quantization->scale = tensor.quantization.scales;
            t->quantization->zero_point.assign(tensor.quantization.zero_points.begin(),
                                               tensor.quantization.zero_points.end());
            t->quantization->quantized_dimension = tensor.quantization.axis;
        }
        if (tensor.constant()) {
            t->buffer = uint32_t(model_.buffers.size());
            auto buffer = std::make_unique<schema::BufferT>();
            buffer->data = *tensor.data;
            model_.buffers.push_back(std::move(buffer));
        }
        subgraph_->tensors.push_back(std::move(t));
        return int(subgraph_->tensors.size()) - 1;
    }

    // A constant input for what Graph keeps as an attribute.
    int add_integers(const std::string &name, Shape shape, const std::vector<int32_t> &values) {
        Bytes bytes(values.size() * sizeof(int32_t));
        std::memcpy(bytes.data(), values.data(), bytes.size());
        Tensor tensor;
        tensor.name = name;
        tensor.dtype = DType::s32;
        tensor.shape = std::move(shape);
        tensor.data = std::make_shared<const Bytes>(std::move(bytes));
        return add_tensor(tensor);
    }

    int add_pads(const std::string &name, const std::vector<std::pair<int, int>> &pads) {
        std::vector<int32_t> values;
        for (const auto &[before, after] : pads)
            values.insert(values.end(), {before, after});
        return add_integers(name + "/paddings", {int(pads.size()), 2}, values);
    }

    uint32_t opcode(schema::BuiltinOperator builtin, int version) {
        const auto [found, added] =
            opcodes_.try_emplace({builtin, version}, model_.operator_codes.size());
        if (added) {
            auto code = std::make_unique<schema::OperatorCodeT>();
            code->builtin_code = builtin;
            code->deprecated_builtin_code = int8_t(
                std::min(builtin, schema::BuiltinOperator::PLACEHOLDER_FOR_GREATER_OP_CODES));
            code->version = version;
            model_.operator_codes.push_back(std::move(code));
        }
        return uint32_t(found->second);
    }

    /// What padded places of a maximum must be: the least value, so that they do not count.
    int add_lowest(const std::string &name, const Tensor &like) {
        Tensor lowest = like;
        lowest.name = name + "/lowest";
        lowest.shape = {};
        Bytes bytes = {uint8_t(like.dtype == DType::s8 ? 0x80 : 0)};
        if (like.dtype == DType::s16)
            bytes = {0x00, 0x80};
        if (like.dtype == DType::f32) {
            const float least = std::numeric_limits<float>::lowest();
            bytes.resize(sizeof least);
            std::memcpy(bytes.data(), &least, sizeof least);
        }
        lowest.data = std::make_shared<const Bytes>(std::move(bytes));
        return add_tensor(lowest);
    }

    /// Padding that is neither SAME nor VALID: an operator PAD, then VALID. An average must not
    /// count padded places, so there it would change the result.
    int pad_input(const Operator &op) {
        Padding p;
        if (const auto *a = std::get_if<Conv2dAttributes>(&op.attributes))
            p = a->padding;
        else if (const auto *b = std::get_if<DepthwiseConv2dAttributes>(&op.attributes))
            p = b->padding;
        else if (op.kind == OpKind::max_pool2d)
            p = op.as<Pool2dAttributes>().padding;
        else
            throw Error("{}: TFLite cannot express its padding; use SAME or VALID, or write .onnx "
                        "or .octet",
                        op.name);
        Tensor padded = graph_.tensor(op.inputs[0]);
        padded.name = op.name + "/pad";
        padded.shape[1] += p.top + p.bottom;
        padded.shape[2] += p.left + p.right;
        const int output = add_tensor(padded);
        auto pad = std::make_unique<schema::OperatorT>();
        pad->inputs = {
            op.inputs[0],
            add_pads(padded.name, {{0, 0}, {p.top, p.bottom}, {p.left, p.right}, {0, 0}})};
        pad->outputs = {output};
        const bool maximum = op.kind == OpKind::max_pool2d;
        if (maximum)
            pad->inputs.push_back(add_lowest(op.name, padded));
        else
            pad->builtin_options.Set(schema::PadOptionsT{});
        pad->opcode_index =
            opcode(maximum ? schema::BuiltinOperator::PADV2 : schema::BuiltinOperator::PAD,
                   padded.dtype == DType::s16  ? 3
                   : padded.dtype == DType::s8 ? 2
                                               : 1);
        subgraph_->operators.push_back(std::move(pad));
        return output;
    }

    /// A bias of zeros. LiteRT refuses a CONV_2D without a bias, and its delegate for CPUs reads
    /// the bias of a DEPTHWISE_CONV_2D without asking whether there is one.
    int add_zero_bias(const Operator &op) {
        const Tensor &x = graph_.tensor(op.inputs[0]), &weights = graph_.tensor(op.inputs[1]);
        Tensor bias;
        bias.name = op.name + "/bias";
        bias.shape = {graph_.tensor(op.outputs[0]).shape.back()};
        if (x.dtype != DType::f32) {
            bias.dtype = x.dtype == DType::s16 ? DType::s64 : DType::s32;
            bias.quantization.scales = weights.quantization.scales;
            for (float &scale : bias.quantization.scales)
                scale *= x.quantization.scale();
            bias.quantization.zero_points.assign(bias.quantization.scales.size(), 0);
        }
        bias.data = std::make_shared<const Bytes>(bias.bytes());
        return add_tensor(bias);
    }

    /// LiteRT derives from the weights' scales how activations are quantized at run time.
    void require_dynamic_kernel(const Operator &op) const {
        const Tensor &weights = graph_.tensor(op.inputs[1]);
        const size_t scales = weights.quantization.scales.size();
        bool expected = true;
        if (op.kind == OpKind::conv2d && scales == 1 && op.as<Conv2dAttributes>().groups == 1)
            expected = dynamic_input(op) == DynamicInput::symmetric;
        else if (op.kind != OpKind::fully_connected)
            expected = dynamic_input(op) == DynamicInput::asymmetric &&
                       scales == size_t(graph_.tensor(op.outputs[0]).shape.back());
        if (!expected)
            throw Error("{}: TFLite quantizes activations at run time symmetrically beside weights "
                        "of one scale and asymmetrically beside those of one per channel, which "
                        "groups and depthwise convolutions need; quantize the network again or "
                        "write .octet",
                        op.name);
    }

    /// The real values of int8 weights, by an operator DEQUANTIZE that all their readers share.
    TensorId decoded(TensorId weights) {
        const auto [found, added] = decoded_.try_emplace(weights, no_tensor);
        if (!added)
            return found->second;
        Tensor real;
        real.name = graph_.tensor(weights).name + "_dequantized";
        real.shape = graph_.tensor(weights).shape;
        found->second = add_tensor(real);
        const bool per_channel = graph_.tensor(weights).quantization.per_channel();
        auto op = std::make_unique<schema::OperatorT>();
        op->opcode_index = opcode(schema::BuiltinOperator::DEQUANTIZE, per_channel ? 5 : 2);
        op->inputs = {weights};
        op->outputs = {found->second};
        op->builtin_options.Set(schema::DequantizeOptionsT{});
        subgraph_->operators.push_back(std::move(op));
        return found->second;
    }

    void add_operator(const Operator &op) {
        auto written = std::make_unique<schema::OperatorT>();
        written->opcode_index = opcode(code_of(op), version_of(graph_, op));
        written->inputs = op.inputs;
        while (!written->inputs.empty() && written->inputs.back() == no_tensor)
            written->inputs.pop_back();
        if (is_hybrid(graph_, op)) {
            if (dynamic_input(op) == DynamicInput::none)
                written->inputs[1] = decoded(op.inputs[1]);
            else
                require_dynamic_kernel(op);
        }
        const bool needs_bias = op.kind == OpKind::conv2d || op.kind == OpKind::depthwise_conv2d;
        if (needs_bias && op.input(2) == no_tensor)
            written->inputs.push_back(add_zero_bias(op));
        written->outputs = op.outputs;

        std::optional<schema::Padding> padding = padding_scheme(graph_, op);
        if (!padding) {
            written->inputs[0] = pad_input(op);
            padding = schema::Padding::VALID;
        }
        written->builtin_options = options_of(graph_, op, *padding);
        add_constant_inputs(op, *written);
        subgraph_->operators.push_back(std::move(written));
    }

    void add_constant_inputs(const Operator &op, schema::OperatorT &written) {
        const Shape &output = graph_.tensor(op.outputs[0]).shape;
        const auto append = [&](const char *what, const std::vector<int32_t> &values) {
            written.inputs.push_back(add_integers(op.name + what, {int(values.size())}, values));
        };
        if (op.kind == OpKind::reshape)
            append("/shape", output);
        else if (op.kind == OpKind::transpose)
            append("/permutation", op.as<TransposeAttributes>().permutation);
        else if (op.kind == OpKind::mean)
            append("/axes", op.as<MeanAttributes>().axes);
        else if (op.kind == OpKind::resize_bilinear || op.kind == OpKind::resize_nearest)
            append("/size", {output[1], output[2]});
        else if (op.kind == OpKind::slice)
            add_slice_inputs(op, written, output);
        else if (op.kind == OpKind::transpose_conv2d) {
            append("/shape", output);
            // The shape comes first, and the weights come before the input.
            std::rotate(written.inputs.begin(), written.inputs.end() - 1, written.inputs.end());
            std::swap(written.inputs[1], written.inputs[2]);
        } else if (op.kind == OpKind::pad)
            written.inputs.push_back(add_pads(op.name, op.as<PadAttributes>().pads));
        else if (op.kind == OpKind::squeeze)
            written.builtin_options.AsSqueezeOptions()->squeeze_dims =
                squeezed_axes(graph_.tensor(op.inputs[0]).shape, output);
    }

    // begin and size, or begin, end and strides.
    void add_slice_inputs(const Operator &op, schema::OperatorT &written, const Shape &output) {
        const auto &a = op.as<SliceAttributes>();
        const int axes = int(output.size());
        written.inputs.push_back(add_integers(op.name + "/begin", {axes}, a.begin));
        if (!is_strided(op)) {
            written.inputs.push_back(add_integers(op.name + "/size", {axes}, output));
            return;
        }
        std::vector<int> end;
        for (size_t axis = 0; axis < output.size(); axis++)
            end.push_back(a.begin[axis] + (output[axis] - 1) * a.strides[axis] + 1);
        written.inputs.push_back(add_integers(op.name + "/end", {axes}, end));
        written.inputs.push_back(add_integers(op.name + "/strides", {axes}, a.strides));
    }

    // The axes of extent 1 that `output` lacks.
    static std::vector<int> squeezed_axes(const Shape &input, const Shape &output) {
        std::vector<int> axes;
        size_t kept = 0;
        for (size_t axis = 0; axis < input.size(); axis++) {
            if (kept < output.size() && output[kept] == input[axis])
                kept++;
            else
                axes.push_back(int(axis));
        }
        return axes;
    }

    const Graph &graph_;
    schema::ModelT model_;
    schema::SubGraphT *subgraph_;
    std::map<std::pair<schema::BuiltinOperator, int>, size_t> opcodes_;
    std::map<TensorId, TensorId> decoded_; ///< of int8 weights
};

} // namespace

schema::ModelT to_model(const Graph &graph) {
    return Writer(graph).write();
}

Bytes pack(const schema::ModelT &model) {
    flatbuffers::FlatBufferBuilder builder;
    schema::FinishModelBuffer(builder, schema::Model::Pack(builder, &model));
    return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

} // namespace octet::tflite

namespace octet {

Bytes to_tflite(const Graph &graph) {
    return tflite::pack(tflite::to_model(graph));
}

} // namespace octet
