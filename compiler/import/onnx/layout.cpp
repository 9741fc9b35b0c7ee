// Operators that move elements: Reshape and its kin, Transpose, Concat, Split, Slice, Gather, Pad.
//
// The first two kinds mostly change the view alone (values.h).
#include "compiler/import/onnx/shapes.h"

#include <algorithm>

namespace octet::onnx {

namespace {

void import_reshaped(Node &node) {
    Value value = node.input(0);
    value.view = reshaped(value.view, reshaped_shape(node, value.shape()));
    node.set_output(std::move(value));
}

/// Output `i` is `ranges` of `value`.
void set_slice(Node &node, const Value &value, const std::vector<Range> &ranges, size_t i,
               const std::string &suffix) {
    Builder &builder = node.builder();
    const Axes order = builder.preferred_order(value);
    const TensorId input = builder.stored(value, order);
    SliceAttributes attributes;
    Shape stored, shape;
    for (size_t axis = 0; axis < value.rank(); axis++) {
        const Range &range = ranges[axis];
        if (range.count < 1)
            node.fail("it takes no element of axis {} of {}; remove it", axis,
                      to_string(value.shape()));
        if (range.step < 0 && range.count > 1)
            node.fail("its step along axis {} is {}; steps above 0 are supported", axis,
                      range.step);
        shape.push_back(int(range.count));
    }
    for (int axis : order) {
        const Range &range = ranges[size_t(axis)];
        attributes.begin.push_back(int(range.begin));
        attributes.strides.push_back(int(std::max<int64_t>(1, range.step)));
        stored.push_back(int(range.count));
    }
    Value result = value;
    result.view = {shape, order, nullptr};
    result.tensor = input;
    if (stored != builder.tensor(input).shape)
        result.tensor = builder.emit(OpKind::slice, suffix, {input}, attributes, stored);
    node.set_output(std::move(result), i);
}

std::vector<Range> whole(const Shape &shape) {
    std::vector<Range> ranges;
    for (int extent : shape)
        ranges.push_back({0, 1, extent});
    return ranges;
}

} // namespace

void import_reshape(Node &node) {
    import_reshaped(node);
}
void import_flatten(Node &node) {
    import_reshaped(node);
}
void import_squeeze(Node &node) {
    import_reshaped(node);
}
void import_unsqueeze(Node &node) {
    import_reshaped(node);
}

void import_transpose(Node &node) {
    node.need_inputs(1, 1);
    Value value = node.builder().materialized(node.input(0));
    value.view = transposed(value.view, permutation_of(node, value.rank()));
    node.set_output(std::move(value));
}

void import_concat(Node &node) {
    Builder &builder = node.builder();
    std::vector<Value> values;
    const Value *leader = nullptr;
    for (size_t i = 0; i < node.input_count(); i++)
        values.push_back(builder.materialized(node.input(i)));
    for (const Value &value : values)
        if (!value.is_constant() && (!leader || value.shape().size() > 1))
            leader = leader ? leader : &value;
    if (!leader)
        node.fail("it has no inputs that are computed; export the network again");
    Shape shape = leader->shape();
    const auto axis = size_t(node.axis(node.integer("axis", 1), shape.size()));
    shape[axis] = 0;
    const Axes order = builder.preferred_order(*leader);
    std::vector<TensorId> inputs;
    for (const Value &value : values) {
        Shape others = value.shape();
        if (others.size() == shape.size())
            others[axis] = shape[axis];
        if (others != shape)
            node.fail("one input is {} beside {}; all extents but that of axis {} must be equal",
                      to_string(value.shape()), to_string(leader->shape()), axis);
        inputs.push_back(builder.stored(value, order));
    }
    int64_t joined = 0;
    for (const Value &value : values)
        joined += value.shape()[axis];
    shape[axis] = node.bounded(joined, 1, "joined axis");
    ConcatenationAttributes attributes;
    attributes.axis = int(std::find(order.begin(), order.end(), int(axis)) - order.begin());
    node.set_output(
        builder.emit(OpKind::concatenation, "", inputs, attributes, arranged(shape, order)), shape,
        order);
}

void import_split(Node &node) {
    node.need_inputs(1, 2);
    const Value value = node.builder().materialized(node.input(0));
    const auto axis = size_t(node.axis(node.integer("axis", 0), value.rank()));
    const std::vector<int> extents = split_extents(node, value.shape()[axis]);
    int begin = 0;
    for (size_t i = 0; i < extents.size(); i++) {
        std::vector<Range> ranges = whole(value.shape());
        ranges[axis] = {begin, 1, extents[i]};
        begin += extents[i];
        if (node.has_output(i))
            set_slice(node, value, ranges, i, fmt::format("_part{}", i));
    }
}

void import_slice(Node &node) {
    const Value value = node.builder().materialized(node.input(0));
    set_slice(node, value, slice_ranges(node, value.shape()), 0, "");
}

// One index is a slice; a list of them is a table lookup, which Octet does not have.
void import_gather(Node &node) {
    node.need_inputs(2, 2);
    const Value value = node.builder().materialized(node.input(0));
    const std::vector<int64_t> indices = node.constant_integers(1, "indices");
    const auto axis = size_t(node.axis(node.integer("axis", 0), value.rank()));
    if (value.is_constant() || indices.size() != 1)
        node.fail("it takes {} indices of an activation or reads a table; one constant index of an "
                  "activation is supported",
                  indices.size());
    const int64_t extent = value.shape()[axis], index = indices[0];
    if (index < -extent || index >= extent)
        node.fail("it takes element {} of axis {}; the input is {}", index, axis,
                  to_string(value.shape()));
    Builder &builder = node.builder();
    const Axes order = builder.preferred_order(value);
    SliceAttributes attributes{std::vector<int>(order.size(), 0),
                               std::vector<int>(order.size(), 1)};
    Shape taken = value.shape();
    taken[axis] = 1;
    for (size_t i = 0; i < order.size(); i++)
        if (order[i] == int(axis))
            attributes.begin[i] = int(index < 0 ? index + extent : index);
    Value result;
    result.tensor = builder.emit(OpKind::slice, "", {builder.stored(value, order)}, attributes,
                                 arranged(taken, order));
    Shape shape = taken; // A scalar index takes the axis away, an index in a list leaves it at 1.
    if (node.input(1).rank() == 0)
        shape.erase(shape.begin() + std::ptrdiff_t(axis));
    result.view = reshaped({taken, order, nullptr}, shape);
    node.set_output(std::move(result));
}

void import_pad(Node &node) {
    Builder &builder = node.builder();
    const Value value = builder.materialized(node.input(0));
    const std::string mode = node.text("mode", "constant");
    if (mode != "constant")
        node.fail("its mode is '{}'; only constant is supported", mode);
    float filling = node.number("value", 0.0f);
    if (node.opset() >= 11 && node.has_input(2)) {
        const Tensor constant = node.constant(2, "constant_value");
        filling = constant.elements() == 1 ? constant.values<float>()[0] : NAN;
    }
    if (filling != 0.0f)
        node.fail("it pads with {}; only 0 is supported", filling);
    const std::vector<int64_t> pads = node.parameter("pads", 1).value_or(std::vector<int64_t>());
    std::vector<int64_t> axes;
    for (size_t axis = 0; axis < value.rank(); axis++)
        axes.push_back(int64_t(axis));
    if (node.opset() >= 18 && node.has_input(3))
        axes = node.constant_integers(3, "axes");
    if (pads.size() != 2 * axes.size())
        node.fail("it has {} pads; {} axes need two each", pads.size(), axes.size());
    std::vector<std::pair<int, int>> amounts(value.rank(), {0, 0});
    for (size_t i = 0; i < axes.size(); i++)
        amounts[size_t(node.axis(axes[i], value.rank()))] = {
            node.bounded(pads[i], 0, "padding"), node.bounded(pads[axes.size() + i], 0, "padding")};
    const Axes order = builder.preferred_order(value);
    PadAttributes attributes;
    Shape shape = value.shape();
    for (size_t axis = 0; axis < shape.size(); axis++)
        shape[axis] += amounts[axis].first + amounts[axis].second;
    for (int axis : order)
        attributes.pads.push_back(amounts[size_t(axis)]);
    const TensorId input = builder.stored(value, order);
    if (shape == value.shape())
        return node.set_output(input, shape, order);
    node.set_output(builder.emit(OpKind::pad, "", {input}, attributes, arranged(shape, order)),
                    shape, order);
}

} // namespace octet::onnx
