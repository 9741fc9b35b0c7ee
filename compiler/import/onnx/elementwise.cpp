// Operators of two operands, with broadcasting: Add, Sub, Mul, Div, Min, Max, Sum, PRelu.
#include "compiler/import/onnx/elementwise.h"

#include <algorithm>
#include <cmath>

namespace octet::onnx {

namespace {

Shape broadcast(const Node &node, const Shape &a, const Shape &b) {
    Shape result = a.size() >= b.size() ? a : b;
    const Shape &shorter = a.size() >= b.size() ? b : a;
    const size_t skipped = result.size() - shorter.size();
    for (size_t axis = 0; axis < shorter.size(); axis++) {
        int &extent = result[skipped + axis];
        if (extent != shorter[axis] && extent != 1 && shorter[axis] != 1)
            node.fail("its inputs are {} and {}; extents that differ must be 1", to_string(a),
                      to_string(b));
        extent = extent == 1 ? shorter[axis] : extent;
    }
    return result;
}

/// Which axis of a result lies at each axis of memory; -1 at extents of 1, which do not matter.
Axes axes_in_memory(const Builder &builder, const Value &value, size_t skipped) {
    const Shape &stored = builder.tensor(value.tensor).shape;
    const Axes order = sequence(value.shape(), value.view.order);
    // After a Reshape of the view alone, memory has other axes than the view.
    const bool same = without_ones(stored) == arranged(value.shape(), order);
    Axes result;
    size_t next = 0;
    for (int extent : same ? stored : arranged(value.shape(), value.view.order))
        result.push_back(extent == 1 ? -1 : order[next++] + int(skipped));
    return result;
}

/// `operand` in the order of axes of a result of `rank` dimensions; constants lose leading 1s.
TensorId beside(Builder &builder, const Value &operand, const Axes &memory, size_t rank) {
    const int skipped = int(rank - operand.rank());
    Axes order;
    for (int axis : memory)
        order.push_back(axis < skipped ? -1 : axis - skipped);
    if (operand.is_constant())
        while (order.size() > 1 && (order[0] < 0 || operand.shape()[size_t(order[0])] == 1))
            order.erase(order.begin());
    return builder.stored(operand, order);
}

/// Whether all of the result's elements are the operand's own, so that it may decide the order.
bool covers(const Value &value, const Shape &shape) {
    return !value.is_constant() && !value.view.base &&
           element_count(value.shape()) == element_count(shape);
}

Value constant_like(float value) {
    return constant_value(constant_of({1}, std::vector<float>{value}));
}

/// Folds the inputs of an operator that takes any number of them, two at a time.
template <typename Attributes>
void import_variadic(Node &node, OpKind kind, Attributes attributes) {
    if (node.input_count() < 1)
        node.fail("it has no inputs; export the network again");
    Value result = node.builder().materialized(node.input(0));
    for (size_t i = 1; i < node.input_count(); i++)
        result = binary(node, kind, i + 1 < node.input_count() ? fmt::format("_{}", i) : "", result,
                        node.input(i), attributes);
    node.set_output(std::move(result));
}

} // namespace

Value binary(const Node &node, OpKind kind, const std::string &suffix, const Value &left,
             const Value &right, Attributes attributes) {
    Builder &builder = node.builder();
    const Value a = builder.materialized(left), b = builder.materialized(right);
    const Shape shape = broadcast(node, a.shape(), b.shape());
    const size_t rank = shape.size();
    Value result;
    result.view = {shape, identity(rank), nullptr};
    Axes memory; // the result's axes as they lie in memory
    if (const Value *leader = covers(a, shape) ? &a : covers(b, shape) ? &b : nullptr) {
        memory = axes_in_memory(builder, *leader, rank - leader->rank());
        Axes long_axes = memory;
        std::erase(long_axes, -1);
        result.view.order = completed(shape, long_axes);
    } else {
        const Value &larger = a.is_constant() || (!b.is_constant() && b.rank() > a.rank()) ? b : a;
        if (!larger.is_constant() && larger.rank() == rank)
            result.view.order = builder.preferred_order(larger);
        memory = result.view.order;
    }
    const std::vector<TensorId> inputs = {beside(builder, a, memory, rank),
                                          beside(builder, b, memory, rank)};
    Shape stored = arranged(shape, memory);
    if (stored.empty())
        stored = builder.tensor(inputs[0]).shape.size() >= builder.tensor(inputs[1]).shape.size()
                     ? builder.tensor(inputs[0]).shape
                     : builder.tensor(inputs[1]).shape;
    result.tensor = builder.emit(kind, suffix, inputs, std::move(attributes), std::move(stored));
    return result;
}

Value with_constant(const Node &node, OpKind kind, const std::string &suffix, const Value &value,
                    float constant, Attributes attributes) {
    // Whatever its view, every element meets the same constant.
    Value result = value;
    if (value.is_constant()) {
        result.tensor = node.builder().stored(value, identity(value.rank()));
        result.constant.reset();
    }
    const TensorId operand = node.builder().add_constant(*constant_like(constant).constant);
    result.tensor =
        node.builder().emit(kind, suffix, {result.tensor, operand}, std::move(attributes),
                            node.builder().tensor(result.tensor).shape);
    return result;
}

void import_add(Node &node) {
    node.need_inputs(2, 2);
    import_variadic(node, OpKind::add, AddAttributes{});
}
void import_sum(Node &node) {
    import_variadic(node, OpKind::add, AddAttributes{});
}
void import_sub(Node &node) {
    node.need_inputs(2, 2);
    import_variadic(node, OpKind::sub, SubAttributes{});
}

void import_mul(Node &node) {
    node.need_inputs(2, 2);
    import_variadic(node, OpKind::mul, MulAttributes{});
}

void import_div(Node &node) {
    node.need_inputs(2, 2);
    const Tensor divisor = node.constant(1, "divisor");
    std::vector<float> reciprocals;
    for (float value : divisor.values<float>())
        reciprocals.push_back(1.0f / value);
    node.set_output(binary(node, OpKind::mul, "", node.input(0),
                           constant_value(constant_of(divisor.shape, reciprocals)),
                           MulAttributes{}));
}

namespace {

/// MINIMUM and MAXIMUM take their constant as the second operand.
void import_comparison(Node &node, OpKind kind) {
    if (node.input_count() < 1)
        node.fail("it has no inputs; export the network again");
    size_t first = 0; // that is computed
    while (first + 1 < node.input_count() && node.input(first).is_constant())
        first++;
    Value result = node.input(first);
    for (size_t i = 0; i < node.input_count(); i++) {
        if (i == first)
            continue;
        if (!node.input(i).is_constant())
            node.fail("two of its inputs are computed at run time; all but one must be constants");
        result = binary(node, kind, fmt::format("_{}", i), result, node.input(i), {});
    }
    node.set_output(std::move(result));
}

} // namespace

void import_min(Node &node) {
    import_comparison(node, OpKind::minimum);
}
void import_max(Node &node) {
    import_comparison(node, OpKind::maximum);
}

void import_prelu(Node &node) {
    node.need_inputs(2, 2);
    Tensor slope = node.constant(1, "slope");
    const Value value = node.builder().materialized(node.input(0));
    if (slope.elements() == 1 && !value.is_constant()) {
        // One per channel: of memory, whatever the channels are there.
        const Shape &stored = node.builder().tensor(value.tensor).shape;
        const size_t channels = stored.empty() ? 1 : size_t(stored.back());
        const TensorId slopes = node.builder().add_constant(
            constant_of({int(channels)}, std::vector<float>(channels, slope.values<float>()[0])));
        return node.set_output_like(
            value, node.builder().emit(OpKind::prelu, "", {value.tensor, slopes}, {}, stored));
    }
    node.set_output(binary(node, OpKind::prelu, "", value, constant_value(std::move(slope)), {}));
}

} // namespace octet::onnx
