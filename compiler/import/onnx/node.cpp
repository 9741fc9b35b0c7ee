#include "compiler/import/onnx/node.h"

#include "compiler/graph/check_operator.h"

#include <algorithm>

namespace octet::onnx {

std::string printable(const std::string &text) {
    std::string result = text.substr(0, 1024);
    std::replace_if(
        result.begin(), result.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '_');
    return result;
}

void Node::fail_with(const std::string &reason) const {
    throw Error("{}: {} ({}): {}", where(network_.graph), network_.builder.name(),
                printable(type()), reason);
}

void Node::note(const std::string &text) const {
    network_.graph.notes.push_back(fmt::format("{}: {}", network_.builder.name(), text));
}

const proto::AttributeProto *Node::find(const char *name) const {
    for (const proto::AttributeProto &attribute : source_.attribute())
        if (attribute.name() == name)
            return &attribute;
    return nullptr;
}

int64_t Node::integer(const char *name, int64_t otherwise) const {
    const proto::AttributeProto *found = find(name);
    return found ? found->i() : otherwise;
}

float Node::number(const char *name, float otherwise) const {
    const proto::AttributeProto *found = find(name);
    return found ? found->f() : otherwise;
}

std::string Node::text(const char *name, const char *otherwise) const {
    const proto::AttributeProto *found = find(name);
    return found ? printable(found->s()) : otherwise;
}

std::vector<int64_t> Node::integers(const char *name, const std::vector<int64_t> &otherwise) const {
    const proto::AttributeProto *found = find(name);
    return found ? std::vector<int64_t>(found->ints().begin(), found->ints().end()) : otherwise;
}

std::vector<float> Node::numbers(const char *name) const {
    const proto::AttributeProto *found = find(name);
    return found ? std::vector<float>(found->floats().begin(), found->floats().end())
                 : std::vector<float>();
}

Tensor Node::tensor(const char *name) const {
    const proto::AttributeProto *found = find(name);
    if (!found || !found->has_t())
        fail("its attribute '{}' is not a tensor; export the network again", name);
    return network_.tensors.read(found->t(), network_.builder.name());
}

bool Node::has_input(size_t i) const {
    return i < input_count() && !source_.input(int(i)).empty();
}

const Value &Node::input(size_t i) const {
    if (!has_input(i))
        fail("its input {} is missing; export the network again", i);
    const auto found = network_.values.find(source_.input(int(i)));
    if (found == network_.values.end())
        fail("it reads '{}' before anything has written it; order the operators by execution",
             printable(source_.input(int(i))));
    return found->second;
}

Tensor Node::constant(size_t i, const char *role) const {
    if (!input(i).is_constant())
        fail("its {} '{}' is computed at run time; only constants are supported", role,
             printable(source_.input(int(i))));
    Tensor result = real(*input(i).constant);
    if (result.dtype != DType::f32)
        fail("its {} is {}; it must be float32", role, name_of(result.dtype));
    return result;
}

std::vector<int64_t> Node::constant_integers(size_t i, const char *role) const {
    if (!input(i).is_constant())
        fail("its {} '{}' depends on values that are known at run time only; fix the network's "
             "shapes before exporting it",
             role, printable(source_.input(int(i))));
    const Tensor &tensor = *input(i).constant;
    if (tensor.dtype != DType::s64 && tensor.dtype != DType::s32)
        fail("its {} is {}; it must be int32 or int64", role, name_of(tensor.dtype));
    return onnx::integers(tensor);
}

std::optional<std::vector<int64_t>> Node::parameter(const char *attribute, size_t i) const {
    if (has(attribute))
        return integers(attribute);
    if (has_input(i))
        return constant_integers(i, attribute);
    return std::nullopt;
}

int Node::axis(int64_t axis, size_t rank) const {
    const auto dimensions = int64_t(rank);
    if (axis < -dimensions || axis >= dimensions)
        fail("its axis {} is not one of {} dimensions; use an axis of the tensor", axis, rank);
    return int(axis < 0 ? axis + dimensions : axis);
}

void Node::need_inputs(size_t least, size_t most) const {
    if (input_count() < least || input_count() > most)
        fail("it has {} inputs; it needs {} to {}", input_count(), least, most);
}

void Node::need_rank(const Value &value, size_t least, size_t most) const {
    if (value.rank() < least || value.rank() > most)
        fail("its input is {}; tensors of {} to {} dimensions are supported",
             to_string(value.shape()), least, most);
}

int Node::bounded(int64_t value, int least, const char *what) const {
    if (value < least || value > 1 << 20)
        fail("its {} is {}; it must be from {} to 2^20", what, value, least);
    return int(value);
}

bool Node::has_output(size_t i) const {
    return i < output_count() && !source_.output(int(i)).empty();
}

void Node::set_output(Value value, size_t i) const {
    if (!has_output(i))
        fail("its output {} has no name; export the network again", i);
    if (!network_.values.emplace(source_.output(int(i)), std::move(value)).second)
        fail("it writes '{}', which something else has written; give it an output of its own",
             printable(source_.output(int(i))));
}

void Node::set_output(TensorId tensor, Shape shape, Axes order) const {
    set_output(Value{{std::move(shape), std::move(order), nullptr}, tensor, std::nullopt});
}

void Node::set_output_like(const Value &value, TensorId tensor) const {
    set_output(Value{value.view, tensor, std::nullopt});
}

} // namespace octet::onnx
