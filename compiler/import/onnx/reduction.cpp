// ReduceMean and Softmax.
#include "compiler/import/onnx/node.h"

#include <algorithm>
#include <set>

namespace octet::onnx {

void import_reduce_mean(Node &node) {
    node.need_inputs(1, 2);
    Builder &builder = node.builder();
    const Value value = builder.materialized(node.input(0));
    const std::vector<int64_t> given = node.parameter("axes", 1).value_or(std::vector<int64_t>());
    if (given.empty() && node.integer("noop_with_empty_axes", 0))
        return node.set_output(value);
    std::set<int> reduced;
    for (int64_t axis : given)
        reduced.insert(node.axis(axis, value.rank()));
    for (size_t axis = 0; given.empty() && axis < value.rank(); axis++)
        reduced.insert(int(axis));

    const bool keep = node.integer("keepdims", 1) != 0;
    Shape shape;
    for (size_t axis = 0; axis < value.rank(); axis++)
        if (!reduced.count(int(axis)))
            shape.push_back(value.shape()[axis]);
        else if (keep)
            shape.push_back(1);
    // Axes of memory that count one of the reduced axes, and the order of the axes that remain.
    const Axes order = builder.preferred_order(value);
    const TensorId input = builder.stored(value, order);
    MeanAttributes attributes;
    attributes.keep_dims = keep;
    Axes remaining;
    Shape stored;
    for (size_t i = 0; i < order.size(); i++) {
        const int removed = int(std::distance(reduced.begin(), reduced.lower_bound(order[i])));
        if (reduced.count(order[i]))
            attributes.axes.push_back(int(i));
        if (!reduced.count(order[i]) || keep) {
            remaining.push_back(keep ? order[i] : order[i] - removed);
            stored.push_back(reduced.count(order[i]) ? 1 : value.shape()[size_t(order[i])]);
        }
    }
    node.set_output(builder.emit(OpKind::mean, "", {input}, attributes, stored), shape, remaining);
}

void import_softmax(Node &node) {
    node.need_inputs(1, 1);
    Builder &builder = node.builder();
    const Value value = builder.materialized(node.input(0));
    const bool old = node.opset() < 13;
    if (value.rank() == 0)
        node.fail("its input is a scalar; it needs at least one dimension");
    const auto axis = size_t(node.axis(node.integer("axis", old ? 1 : -1), value.rank()));
    const Axes last = identity(value.rank());
    const bool only_axis = element_count(value.shape()) ==
                           element_count(Shape(value.shape().begin(),
                                               value.shape().begin() + std::ptrdiff_t(axis) + 1));
    if (old && !only_axis) {
        // Before opset 13 all axes from `axis` on are one.
        const Shape &in = value.shape();
        const auto depth = element_count({in.begin() + std::ptrdiff_t(axis), in.end()});
        const Shape rows = {int(element_count(in) / depth), int(depth)};
        const TensorId input = builder.reshape(builder.stored(value, last), rows);
        const TensorId output =
            builder.emit(OpKind::softmax, "_rows", {input}, SoftmaxAttributes{}, rows);
        return node.set_output(builder.reshape(output, in), in, last);
    }
    // The axis goes last; an order in memory that has it there already stays.
    Axes order = builder.preferred_order(value);
    if (order.back() != int(axis)) {
        const Axes memory = sequence(value.shape(), order);
        order = memory.empty() || memory.back() == int(axis) ? order : last;
        std::erase(order, int(axis));
        order.push_back(int(axis));
    }
    const TensorId input = builder.stored(value, order);
    node.set_output(builder.emit(OpKind::softmax, "", {input}, SoftmaxAttributes{},
                                 builder.tensor(input).shape),
                    value.shape(), order);
}

} // namespace octet::onnx
