// BatchNormalization, folded into the operator before it where that reads nothing else.
#include "compiler/import/onnx/elementwise.h"

#include <cmath>

namespace octet::onnx {

namespace {

/// y = x scale + offset per channel, from scale, bias, mean and variance.
struct Affine {
    std::vector<float> scale, offset;
};

Affine affine_of(const Node &node, int channels) {
    std::vector<Tensor> parameters;
    for (size_t i = 1; i < 5; i++) {
        parameters.push_back(node.constant(i, "parameter"));
        if (parameters.back().elements() != channels)
            node.fail("its parameter {} has {} elements; the input has {} channels", i,
                      parameters.back().elements(), channels);
    }
    const double epsilon = node.number("epsilon", 1e-5f);
    Affine result;
    for (size_t c = 0; c < size_t(channels); c++) {
        const auto parameter = [&](size_t i) { return double(parameters[i].values<float>()[c]); };
        const double scale = parameter(0) / std::sqrt(parameter(3) + epsilon);
        result.scale.push_back(float(scale));
        result.offset.push_back(float(parameter(1) - parameter(2) * scale));
        if (!std::isfinite(result.scale.back()) || !std::isfinite(result.offset.back()))
            node.fail("its channel {} has no finite scale; train the network again", c);
    }
    return result;
}

/// Axis of a kind's weights that counts output channels; -1 for kinds without weights.
int channel_axis(OpKind kind) {
    switch (kind) {
    case OpKind::conv2d:
    case OpKind::fully_connected:
    case OpKind::transpose_conv2d:
        return 0;
    case OpKind::depthwise_conv2d:
        return 3;
    default:
        return -1;
    }
}

/// A constant that was not quantized, which must stay as it is.
bool may_change(const Builder &builder, TensorId id) {
    return builder.tensor(id).constant() && !builder.stored_constants().count(id);
}

// (sum x w + b) s + o = sum x (w s) + (b s + o)
bool fold(const Node &node, const Affine &affine) {
    Builder &builder = node.builder();
    Operator *op = builder.producer(node.input(0).tensor);
    const int axis = op ? channel_axis(op->kind) : -1;
    if (axis < 0 || node.network().readers.at(node.source().input(0)).size() != 1)
        return false;
    const Tensor weights = builder.tensor(op->inputs[1]);
    const TensorId bias_id = op->input(2);
    if (!may_change(builder, op->inputs[1]) ||
        weights.shape[size_t(axis)] != int(affine.scale.size()) ||
        (bias_id != no_tensor && !may_change(builder, bias_id)))
        return false;
    std::vector<float> values(weights.values<float>().begin(), weights.values<float>().end());
    const size_t channels = affine.scale.size();
    const size_t inner = axis == 0 ? values.size() / channels : 1;
    for (size_t i = 0; i < values.size(); i++)
        values[i] *= affine.scale[i / inner % channels];
    std::vector<float> biases = affine.offset;
    for (size_t c = 0; bias_id != no_tensor && c < channels; c++)
        biases[c] =
            float(double(builder.tensor(bias_id).values<float>()[c]) * double(affine.scale[c]) +
                  double(affine.offset[c]));
    const TensorId new_weights = builder.add_constant(constant_of(weights.shape, values));
    const TensorId new_bias = builder.add_constant(constant_of({int(channels)}, biases));
    op->inputs = {op->inputs[0], new_weights, new_bias};
    return true;
}

} // namespace

void import_batch_normalization(Node &node) {
    node.need_inputs(5, 5);
    for (size_t i = 1; i < node.output_count(); i++)
        if (node.has_output(i) && node.network().readers.count(node.source().output(int(i))))
            node.fail("its statistics are read; export the network for inference");
    if (node.integer("training_mode", 0))
        node.fail("it is in training mode; export the network for inference");
    const Value &x = node.input(0);
    if (x.rank() < 2)
        node.fail("its input is {}; it must have a batch and channels", to_string(x.shape()));
    const Affine affine = affine_of(node, x.shape()[1]);
    if (!x.is_constant() && !x.view.base && fold(node, affine))
        return node.set_output(x);
    Shape shape(x.rank() - 1, 1);
    shape[0] = x.shape()[1];
    const Value scaled = binary(node, OpKind::mul, "_scaled", x,
                                constant_value(constant_of(shape, affine.scale)), MulAttributes{});
    node.set_output(binary(node, OpKind::add, "", scaled,
                           constant_value(constant_of(shape, affine.offset)), AddAttributes{}));
}

} // namespace octet::onnx
