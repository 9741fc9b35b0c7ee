#include "compiler/import/onnx/builder.h"

#include "compiler/graph/check_operator.h"

#include <algorithm>

namespace octet::onnx {

TensorId Builder::add_tensor(Tensor tensor) {
    check_tensor(graph_, tensor);
    if (tensor.constant())
        spend(tensor.bytes());
    graph_.tensors.push_back(std::move(tensor));
    return TensorId(graph_.tensors.size() - 1);
}

void Builder::spend(size_t bytes) {
    if (bytes > budget_)
        throw Error("{}: its constants grow out of proportion to the file; simplify the network "
                    "before exporting it",
                    where(graph_));
    budget_ -= bytes;
}

TensorId Builder::add_constant(Tensor constant) {
    if (constant.name.empty())
        constant.name = name_ + "_constant";
    if (!constant.quantization.quantized())
        return add_tensor(std::move(constant));
    const TensorId id = add_tensor(real(constant));
    stored_constants_.emplace(id, std::move(constant));
    return id;
}

std::string Builder::unique_name(const std::string &name) {
    std::string unique = name;
    for (int &count = name_counts_[name]; !names_.insert(unique).second;)
        unique = fmt::format("{}_{}", name, ++count + 1);
    return unique;
}

TensorId Builder::emit(OpKind kind, const std::string &suffix, std::vector<TensorId> inputs,
                       Attributes attributes, Shape shape) {
    Tensor output;
    output.dtype = tensor(inputs.at(0)).dtype;
    output.quantization = tensor(inputs.at(0)).quantization;
    output.shape = std::move(shape);
    return emit(kind, suffix, std::move(inputs), std::move(attributes), std::move(output));
}

TensorId Builder::emit(OpKind kind, const std::string &suffix, std::vector<TensorId> inputs,
                       Attributes attributes, Tensor output) {
    Operator op;
    op.kind = kind;
    op.name = unique_name(name_ + suffix);
    output.name = op.name;
    const TensorId id = add_tensor(std::move(output));
    op.inputs = std::move(inputs);
    op.outputs = {id};
    op.attributes = std::move(attributes);
    check_operator(graph_, op);
    producers_[id] = graph_.operators.size();
    graph_.operators.push_back(std::move(op));
    return id;
}

Operator *Builder::producer(TensorId tensor) {
    const auto found = producers_.find(tensor);
    return found == producers_.end() ? nullptr : &graph_.operators[found->second];
}

TensorId Builder::reshape(TensorId from, const Shape &shape) {
    // Of a RESHAPE of a RESHAPE only the last one matters.
    if (const auto source = reshaped_from_.find(from); source != reshaped_from_.end())
        from = source->second;
    if (tensor(from).shape == shape)
        return from;
    const auto [entry, is_new] = reshapes_.try_emplace({from, shape}, no_tensor);
    if (is_new) {
        entry->second = emit(OpKind::reshape, "_reshape", {from}, {}, shape);
        reshaped_from_[entry->second] = from;
    }
    return entry->second;
}

Value Builder::materialized(const Value &value) {
    return materialized(value, channels_last(value.rank()));
}

Value Builder::materialized(const Value &value, const Axes &order) {
    if (value.is_constant() || !value.view.base)
        return value;
    const Value before{*value.view.base, value.tensor, std::nullopt};
    const Axes memory = base_order(value.view, order);
    Value result = value;
    result.tensor = stored(before, memory);
    result.view = reshaped({before.shape(), memory, nullptr}, value.shape());
    return result;
}

TensorId Builder::stored(const Value &value, const Axes &order) {
    if (value.is_constant())
        return add_constant(permuted(*value.constant, order));
    if (value.view.base) {
        // With the order of the base's axes that is `order` afterwards; entries of -1 are not axes.
        Axes axes = order;
        std::erase(axes, -1);
        return stored(materialized(value, axes), order);
    }
    const Shape &shape = value.shape();
    const Shape wanted = arranged(shape, order);
    const Axes have = sequence(shape, value.view.order), want = sequence(shape, order);
    if (have == want)
        return reshape(value.tensor, wanted);
    TensorId from = value.tensor;
    const Shape extents = arranged(shape, have);
    if (tensor(from).shape.size() != wanted.size() || without_ones(tensor(from).shape) != extents)
        from = reshape(from, extents);
    const Shape &in = tensor(from).shape;
    Axes long_axes, short_axes; // of memory
    for (size_t axis = 0; axis < in.size(); axis++)
        (in[axis] == 1 ? short_axes : long_axes).push_back(int(axis));
    Axes permutation;
    Shape out;
    size_t next_short = 0;
    for (size_t i = 0; i < order.size(); i++) {
        if (wanted[i] != 1) {
            const auto place = std::find(have.begin(), have.end(), order[i]) - have.begin();
            permutation.push_back(long_axes[size_t(place)]);
        } else if (next_short < short_axes.size()) {
            permutation.push_back(short_axes[next_short++]);
        } else {
            continue;
        }
        out.push_back(wanted[i]);
    }
    const auto [entry, is_new] = permutations_.try_emplace({from, permutation}, no_tensor);
    if (is_new)
        entry->second =
            emit(OpKind::transpose, "_transpose", {from}, TransposeAttributes{permutation}, out);
    return reshape(entry->second, wanted);
}

Axes Builder::preferred_order(const Value &value) const {
    const Axes memory = sequence(value.shape(), value.view.order);
    std::vector<Axes> candidates = {channels_last(value.rank()), identity(value.rank()),
                                    value.view.order};
    std::erase_if(candidates,
                  [&](const Axes &order) { return sequence(value.shape(), order) != memory; });
    for (const Axes &order : candidates)
        if (!value.is_constant() && arranged(value.shape(), order) == tensor(value.tensor).shape)
            return order;
    return candidates.front();
}

} // namespace octet::onnx
