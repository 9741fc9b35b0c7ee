#include "compiler/import/tflite/operator_reader.h"

#include "compiler/graph/same_padding.h"

#include <algorithm>

namespace octet::tflite {

Activation OperatorReader::activation(schema::ActivationFunctionType type) const {
    switch (type) {
    case schema::ActivationFunctionType::NONE:
        return Activation::none;
    case schema::ActivationFunctionType::RELU:
        return Activation::relu;
    case schema::ActivationFunctionType::RELU6:
        return Activation::relu6;
    case schema::ActivationFunctionType::RELU_N1_TO_1:
        return Activation::relu_n1_to_1;
    default:
        fail("its fused activation {} ({}) is not supported; use NONE, RELU, RELU6 or RELU_N1_TO_1",
             schema::EnumNameActivationFunctionType(type), int(type));
    }
}

Padding OperatorReader::padding(schema::Padding scheme, const Tensor &image, int kernel_h,
                                int kernel_w, int stride_h, int stride_w, int dilation_h,
                                int dilation_w) const {
    rank(image, 4);
    for (int value : {kernel_h, kernel_w})
        extent(value, "kernel");
    for (int value : {stride_h, stride_w})
        extent(value, "stride");
    for (int value : {dilation_h, dilation_w})
        extent(value, "dilation");
    if (scheme == schema::Padding::VALID)
        return {};
    if (scheme != schema::Padding::SAME)
        fail("its padding scheme is {}; it must be SAME (0) or VALID (1)", int(scheme));
    const auto [top, bottom] = same_padding(image.shape[1], kernel_h, stride_h, dilation_h);
    const auto [left, right] = same_padding(image.shape[2], kernel_w, stride_w, dilation_w);
    return {top, bottom, left, right};
}

void OperatorReader::select_inputs(std::initializer_list<size_t> indices) {
    std::vector<TensorId> selected;
    for (size_t i : indices)
        selected.push_back(op_.input(i));
    op_.inputs = std::move(selected);
}

std::vector<TensorId> OperatorReader::take_outputs() {
    std::vector<TensorId> outputs = op_.outputs;
    op_.outputs.resize(std::min<size_t>(outputs.size(), 1));
    return outputs;
}

void OperatorReader::output_shape(TensorId output, const Shape &expected) const {
    const Tensor &tensor = graph_.tensor(output);
    if (tensor.shape != expected)
        fail("its output '{}' is {}; its inputs and attributes make it {}", tensor.name,
             to_string(tensor.shape), to_string(expected));
}

void OperatorReader::reshape_output(Shape shape) {
    Tensor tensor = output();
    tensor.name += "/unshaped";
    tensor.shape = std::move(shape);
    Operator reshape;
    reshape.kind = OpKind::reshape;
    reshape.outputs = op_.outputs;
    op_.outputs = {TensorId(graph_.tensors.size())};
    reshape.inputs = op_.outputs;
    graph_.tensors.push_back(std::move(tensor));
    check_tensor(graph_, graph_.tensors.back());
    following_.push_back(std::move(reshape));
}

std::vector<int64_t> OperatorReader::integers(size_t i, const char *role) const {
    const Tensor &tensor = input(i);
    constant(tensor, role);
    if (tensor.dtype == DType::s32) {
        const auto values = tensor.values<int32_t>();
        return {values.begin(), values.end()};
    }
    if (tensor.dtype == DType::s64) {
        const auto values = tensor.values<int64_t>();
        return {values.begin(), values.end()};
    }
    fail("its {} is {}; it must be int32 or int64", role, name_of(tensor.dtype));
}

int OperatorReader::axis(int64_t axis, size_t rank) const {
    const int64_t dimensions = int64_t(rank);
    if (axis < -dimensions || axis >= dimensions)
        fail("its axis {} is not one of {} dimensions; use an axis of the tensor", axis, rank);
    return int(axis < 0 ? axis + dimensions : axis);
}

} // namespace octet::tflite
