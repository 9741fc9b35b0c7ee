// Operators on constants and shapes, computed at import.
//
// Exporters write the shapes of networks with a free batch as operators (PyTorch: Shape, Gather,
// Unsqueeze, Concat, Reshape); what an operator of the Graph needs as an attribute is a constant by
// the time it is translated.
#include "compiler/import/onnx/evaluate.h"

#include <algorithm>

namespace octet::onnx {

namespace {

Tensor same(const Node &node) {
    return constant_input(node, 0);
}

/// A Constant's value, which may be a tensor or plain numbers.
Tensor constant_attribute(const Node &node) {
    if (node.has("value"))
        return node.tensor("value");
    if (node.has("value_float"))
        return constant_of({}, std::vector<float>{node.number("value_float", 0)});
    if (node.has("value_int"))
        return constant_of({}, std::vector<int64_t>{node.integer("value_int", 0)});
    if (node.has("value_floats")) {
        const std::vector<float> values = node.numbers("value_floats");
        return constant_of({int(values.size())}, values);
    }
    if (!node.has("value_ints"))
        node.fail("its value is text or sparse; dense numbers are supported");
    const std::vector<int64_t> values = node.integers("value_ints");
    return constant_of({int(values.size())}, values);
}

/// Shape asks for no values, and may take a part of the axes.
Tensor shape_of_input(const Node &node) {
    const Shape &shape = node.input(0).shape();
    const auto rank = int64_t(shape.size());
    const auto place = [&](int64_t axis) {
        return std::clamp<int64_t>(axis < 0 && axis >= -rank ? axis + rank : axis, 0, rank);
    };
    const int64_t begin = place(node.integer("start", 0)), end = place(node.integer("end", rank));
    std::vector<int64_t> extents;
    for (int64_t axis = begin; axis < end; axis++)
        extents.push_back(shape[size_t(axis)]);
    return constant_of({int(extents.size())}, extents);
}

Tensor size_of_input(const Node &node) {
    return constant_of({}, std::vector<int64_t>{element_count(node.input(0).shape())});
}

using Evaluate = Tensor (*)(const Node &);

const std::unordered_map<std::string, Evaluate> &evaluators() {
    static const std::unordered_map<std::string, Evaluate> table = {
        {"Add", arithmetic},
        {"Cast", cast},
        {"Ceil", function},
        {"Concat", concatenated},
        {"Constant", constant_attribute},
        {"ConstantOfShape", constant_of_shape},
        {"Div", arithmetic},
        {"Equal", equal},
        {"Expand", expand},
        {"Flatten", reshaped_constant},
        {"Floor", function},
        {"Gather", elements_of},
        {"Identity", same},
        {"Max", arithmetic},
        {"Min", arithmetic},
        {"Mul", arithmetic},
        {"Neg", function},
        {"Range", range},
        {"Reshape", reshaped_constant},
        {"Shape", shape_of_input},
        {"Size", size_of_input},
        {"Slice", slice_of},
        {"Sqrt", function},
        {"Squeeze", reshaped_constant},
        {"Sub", arithmetic},
        {"Transpose", transposed_constant},
        {"Unsqueeze", reshaped_constant},
        {"Where", where}};
    return table;
}

bool all_inputs_constant(const Node &node) {
    for (size_t i = 0; i < node.input_count(); i++)
        if (node.has_input(i) && !node.input(i).is_constant())
            return false;
    return node.has_input(0);
}

} // namespace

bool is_evaluated(const std::string &type) {
    return evaluators().count(type) > 0;
}

bool evaluate(Node &node) {
    const auto found = evaluators().find(node.type());
    const bool always = !translated(node.type());
    if (!always && !all_inputs_constant(node))
        return false;
    if (node.type() == "Split") {
        const Tensor source = plain(node, 0);
        const auto axis = size_t(node.axis(node.integer("axis", 0), source.shape.size()));
        std::vector<Range> ranges;
        for (int extent : source.shape)
            ranges.push_back({0, 1, extent});
        int64_t begin = 0;
        const std::vector<int> extents = split_extents(node, source.shape[axis]);
        for (size_t i = 0; i < extents.size(); i++) {
            ranges[axis] = {begin, 1, extents[i]};
            begin += extents[i];
            if (node.has_output(i))
                node.set_output(constant_value(sliced(node, source, ranges)), i);
        }
        return true;
    }
    if (found == evaluators().end())
        return false;
    Tensor result = found->second(node);
    result.name = node.builder().name();
    node.set_output(constant_value(std::move(result)));
    return true;
}

} // namespace octet::onnx
