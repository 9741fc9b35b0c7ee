#include "compiler/lower/builder.h"

#include "compiler/lower/copies.h"
#include "compiler/support/error.h"
#include "compiler/support/hash.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace octet::lower {

namespace {

int round_up(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/// What the caller of the model may want to know of an input or output.
void set_quantization(StoredTensor &stored, const Tensor &tensor) {
    if (!tensor.quantization.quantized())
        return;
    stored.scale = tensor.quantization.scale();
    stored.zero_point = tensor.quantization.zero_point();
}

bool eight_bits(DType dtype) {
    return dtype == DType::s8 || dtype == DType::u8;
}

} // namespace

Builder::Builder(const Graph &graph, const Target &target, const schedules::Tuned &tuned,
                 Program &program)
    : graph_(graph), target_(target), family_(schedules::find_family(target.family)), tuned_(tuned),
      program_(program), model_output_(graph.tensors.size()), consumed_(graph.tensors.size()) {
    program_.alignment = uint64_t(target.weight_alignment);
    for (const Operator &op : graph.operators)
        for (TensorId id : op.inputs)
            if (id != no_tensor)
                consumed_[size_t(id)] = true;
    for (TensorId id : graph.outputs)
        model_output_[size_t(id)] = true;
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
        const Tensor &tensor = graph.tensor(graph.inputs[i]);
        StoredTensor stored;
        stored.name = tensor.name;
        stored.source = stored.like = graph.inputs[i];
        stored.dtype = tensor.dtype;
        stored.shape = tensor.shape;
        stored.stride_c = stored.channels();
        stored.bytes = tensor.bytes();
        stored.region = Region::input;
        stored.index = int(i);
        set_quantization(stored, tensor);
        if (tensor.dtype == DType::s8)
            std::tie(stored.value_lo, stored.value_hi) = std::pair(-128, 127);
        program_.inputs.push_back(stored_[graph.inputs[i]] = add(stored));
    }
}

bool Builder::prefers_rows(const Operator &op) const {
    if (op.kind != OpKind::conv2d)
        return false;
    const auto &attributes = op.as<Conv2dAttributes>();
    return attributes.groups == 1 && attributes.dilation_w == 1 &&
           family_.prefers_rows(graph_.tensor(op.inputs[0]).shape.back());
}

schedules::Capabilities Builder::capabilities() const {
    schedules::Capabilities chip;
    chip.vector_bits = target_.vector_bits;
    chip.vector_registers = target_.vector_registers;
    chip.dot_lanes = target_.dot_lanes;
    chip.tile_products = target_.has_instruction("mma_s8");
    chip.async_copies = target_.has_instruction("cp_async");
    if (const uint64_t bytes = target_.cache_bytes("l1d"))
        chip.l1_bytes = bytes;
    if (const uint64_t bytes = target_.cache_bytes("l2"))
        chip.l2_bytes = bytes;
    return chip;
}

bool Builder::dense(const StoredTensor &tensor) {
    return tensor.stride_c == tensor.channels() || tensor.rows() == 1;
}

nlohmann::json Builder::choose(generators::Conv2dSpec &spec) const {
    return tuned_.choose("conv2d", schedules::tuning_key(spec),
                         family_.candidates(spec, capabilities()));
}

std::optional<nlohmann::json> Builder::choose(generators::ConvTilesSpec &spec) const {
    const auto candidates = family_.candidates(spec, capabilities());
    return candidates.empty() ? std::nullopt : std::optional(candidates.front());
}

nlohmann::json Builder::choose(generators::DepthwiseConv2dSpec &spec) const {
    return tuned_.choose("depthwise_conv2d", schedules::tuning_key(spec),
                         family_.candidates(spec, capabilities()));
}

nlohmann::json Builder::choose(const generators::PointwiseShape &shape) const {
    return family_.choose(shape, capabilities());
}

nlohmann::json Builder::choose(generators::DecodeWeightsSpec &spec) const {
    return family_.choose(spec, capabilities());
}

std::string Builder::type_name(const StoredTensor &tensor) {
    switch (tensor.dtype) {
    case DType::s8:
        return tensor.rebiased ? "u8" : "s8";
    case DType::u8:
        return "u8";
    case DType::s32:
        return "s32";
    case DType::f32:
        return "f32";
    default:
        throw Error("tensor {}: {} values cannot be computed with at run time; only float32, int8, "
                    "uint8 and int32 can",
                    tensor.name, name_of(tensor.dtype));
    }
}

int32_t Builder::zero_point(int stored) const {
    const StoredTensor &tensor = stored_tensor(stored);
    const Quantization &quantization = graph_.tensor(tensor.like).quantization;
    return (quantization.quantized() ? quantization.zero_point() : 0) + (tensor.rebiased ? 128 : 0);
}

StoredTensor Builder::describe(TensorId id) const {
    const Tensor &tensor = graph_.tensor(id);
    StoredTensor stored;
    stored.name = tensor.name;
    stored.source = stored.like = id;
    stored.dtype = tensor.dtype;
    stored.shape = tensor.shape;
    stored.stride_c = stored.channels();
    if (eight_bits(tensor.dtype)) {
        stored.rebiased = tensor.dtype == DType::s8 && target_.unsigned_activations();
        stored.stride_c = round_up(stored.channels(), target_.channel_alignment);
        const bool is_unsigned = stored.rebiased || tensor.dtype == DType::u8;
        stored.value_lo = is_unsigned ? 0 : -128;
        stored.value_hi = is_unsigned ? 255 : 127;
    }
    stored.bytes = uint64_t(stored.rows()) * uint64_t(stored.stride_c) * size_of(stored.dtype);
    return stored;
}

int Builder::add(StoredTensor tensor) {
    program_.tensors.push_back(std::move(tensor));
    return int(program_.tensors.size()) - 1;
}

int Builder::stored(TensorId id) const {
    const auto found = stored_.find(id);
    if (found == stored_.end())
        throw Error("tensor {}: used before any operator has produced it", graph_.tensor(id).name);
    return found->second;
}

bool Builder::final_output(TensorId id) const {
    return model_output_[size_t(id)] && !consumed_[size_t(id)];
}

int Builder::create(TensorId id) {
    const StoredTensor tensor = describe(id);
    if (final_output(id) && tensor.stride_c == tensor.channels())
        return create_output(id);
    return create_working(id);
}

int Builder::create_working(TensorId id) {
    return stored_[id] = working_[id] = add(describe(id));
}

bool Builder::read_dense(TensorId id) const {
    bool read = false;
    for (const Operator &op : graph_.operators)
        for (size_t i = 0; i < op.inputs.size(); ++i)
            if (op.inputs[i] == id) {
                const bool reshaped = op.kind == OpKind::reshape || op.kind == OpKind::squeeze;
                if (i != 0 || !(reshaped || prefers_rows(op)))
                    return false;
                read = true;
            }
    return read && !model_output_[size_t(id)];
}

int Builder::create_any(TensorId id) {
    if (read_dense(id)) {
        StoredTensor tensor = describe(id);
        tensor.stride_c = tensor.channels();
        tensor.bytes = graph_.tensor(id).bytes();
        return stored_[id] = add(tensor);
    }
    return final_output(id) ? create_output(id) : create(id);
}

int Builder::create_output(TensorId id) {
    StoredTensor tensor = describe(id);
    tensor.rebiased = false;
    if (tensor.dtype == DType::s8)
        std::tie(tensor.value_lo, tensor.value_hi) = std::pair(-128, 127);
    tensor.stride_c = tensor.channels();
    tensor.bytes = graph_.tensor(id).bytes();
    tensor.region = Region::output;
    set_quantization(tensor, graph_.tensor(id));
    tensor.index =
        int(std::find(graph_.outputs.begin(), graph_.outputs.end(), id) - graph_.outputs.begin());
    return stored_[id] = add(tensor);
}

void Builder::alias(TensorId output, int stored) {
    alias_as(output, stored, stored_tensor(stored).rebiased);
}

void Builder::alias_as(TensorId output, int stored, bool rebiased) {
    StoredTensor view = stored_tensor(stored);
    view.dtype = graph_.tensor(output).dtype;
    view.rebiased = rebiased;
    view.name = graph_.tensor(output).name;
    view.source = view.like = output;
    view.shape = graph_.tensor(output).shape;
    // Every row keeps its padding; where the rows change, there is none (or only one row).
    view.stride_c = view.rows() ? int(view.bytes / size_of(view.dtype) / uint64_t(view.rows())) : 0;
    view.alias_of = stored;
    const int index = add(view);
    stored_[output] = index;
    const StoredTensor wanted = describe(output);
    if (view.rebiased == wanted.rebiased && view.stride_c % target_.channel_alignment == 0 &&
        view.region == Region::arena)
        working_[output] = index;
}

int Builder::create_view(TensorId id, const Shape &shape) {
    StoredTensor tensor = describe(id);
    tensor.shape = shape;
    tensor.stride_c = size_of(tensor.dtype) == 1
                          ? round_up(tensor.channels(), target_.channel_alignment)
                          : tensor.channels();
    tensor.bytes = uint64_t(tensor.rows()) * uint64_t(tensor.stride_c) * size_of(tensor.dtype);
    return add(tensor);
}

int Builder::create_intermediate(TensorId id, const Shape &shape) {
    const int stored = create_view(id, shape);
    program_.tensors[size_t(stored)].source = no_tensor;
    return stored;
}

void Builder::set_values(int stored, int32_t lo, int32_t hi) {
    program_.tensors[size_t(stored)].value_lo = lo;
    program_.tensors[size_t(stored)].value_hi = hi;
}

int Builder::create_part(int stored) {
    StoredTensor part = stored_tensor(stored);
    part.source = no_tensor;
    part.alias_of = stored;
    return add(part);
}

int Builder::scratch(const std::string &name, int64_t bytes) {
    StoredTensor tensor;
    tensor.name = name;
    tensor.dtype = DType::u8;
    tensor.shape = {int(bytes)};
    tensor.stride_c = int(bytes);
    tensor.bytes = uint64_t(bytes);
    return add(tensor);
}

int Builder::working(TensorId id) {
    if (const auto found = working_.find(id); found != working_.end())
        return found->second;
    const Tensor &tensor = graph_.tensor(id);
    StoredTensor wanted = describe(id);
    if (tensor.constant()) {
        Bytes bytes(wanted.bytes);
        const size_t row = size_t(wanted.channels()) * size_of(wanted.dtype);
        const size_t stride = size_t(wanted.stride_c) * size_of(wanted.dtype);
        for (size_t i = 0; i < size_t(wanted.rows()); ++i)
            for (size_t j = 0; j < row; ++j)
                bytes[i * stride + j] =
                    uint8_t((*tensor.data)[i * row + j] + (wanted.rebiased ? 128 : 0));
        const Argument argument = constant_bytes(bytes.data(), bytes.size());
        wanted.region = Region::weights;
        wanted.offset = argument.offset;
        return working_[id] = add(wanted);
    }
    const int from = stored(id);
    const StoredTensor &current = stored_tensor(from);
    if (current.rebiased == wanted.rebiased && current.stride_c == wanted.stride_c)
        return working_[id] = from;
    const int to = add(wanted);
    convert(tensor.name, from, to);
    return working_[id] = to;
}

int Builder::readable(TensorId id) {
    if (!graph_.tensor(id).constant() && !working_.count(id) &&
        stored_tensor(stored(id)).stride_c == describe(id).stride_c)
        return stored(id);
    return working(id);
}

void Builder::finish() {
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
        const TensorId id = graph_.outputs[i];
        const Tensor &tensor = graph_.tensor(id);
        int from = tensor.constant() ? working(id) : stored(id);
        if (stored_tensor(from).region == Region::output && stored_tensor(from).index == int(i) &&
            stored_tensor(from).alias_of < 0) {
            program_.outputs.push_back(from);
            continue;
        }
        StoredTensor output = describe(id);
        output.rebiased = false;
        output.stride_c = output.channels();
        output.bytes = tensor.bytes();
        output.region = Region::output;
        output.index = int(i);
        set_quantization(output, tensor);
        const int to = add(output);
        convert(tensor.name, from, to);
        program_.outputs.push_back(to);
    }
}

void Builder::convert(const std::string &name, int from, int to) {
    Operator op;
    op.kind = OpKind::reshape;
    op.name = name + (stored_tensor(to).region == Region::output ? "/output" : "/layout");
    append_copy(*this, op, from, to);
}

Argument Builder::argument(int stored, int64_t offset) const {
    const StoredTensor &tensor = stored_tensor(stored);
    Argument argument;
    argument.region = tensor.region;
    argument.index = tensor.index;
    argument.offset = tensor.offset + uint64_t(offset);
    argument.bytes = tensor.bytes - uint64_t(offset);
    argument.tensor = tensor.region == Region::weights ? -1 : stored;
    return argument;
}

Argument Builder::constant_bytes(const void *data, size_t bytes) {
    auto &places = constants_[fnv1a(data, bytes)];
    Argument argument;
    argument.region = Region::weights;
    argument.bytes = bytes;
    for (const auto &[offset, size] : places)
        if (size == bytes && std::memcmp(program_.weights.data() + offset, data, bytes) == 0) {
            argument.offset = offset;
            return argument;
        }
    const size_t alignment = program_.alignment;
    const size_t offset = (program_.weights.size() + alignment - 1) / alignment * alignment;
    program_.weights.resize(offset + bytes);
    std::memcpy(program_.weights.data() + offset, data, bytes);
    places.push_back({offset, bytes});
    argument.offset = offset;
    return argument;
}

void Builder::call(const Operator &op, const Step &step) {
    nlohmann::json description = {{"generator", step.generator},
                                  {"family", target_.family},
                                  {"spec", step.spec},
                                  {"knobs", step.knobs}};
    const std::string text = description.dump();
    const std::string symbol = fmt::format("octet_{}_{}_{:016x}", step.generator, step.types,
                                           fnv1a(text.data(), text.size()));
    const auto [entry, added] = kernels_.try_emplace(symbol, int(program_.kernels.size()));
    if (added)
        program_.kernels.push_back({symbol, text});

    Call call;
    call.kernel = entry->second;
    call.name = op.name;
    call.op = op.kind;
    call.inputs = step.inputs;
    call.outputs = step.outputs;
    call.in_place = step.in_place;
    if (!op.outputs.empty()) {
        call.shape = graph_.tensor(op.outputs[0]).shape;
        const bool moves = step.generator == "copy" || step.generator == "depth_to_space";
        call.macs = moves ? 0 : macs(graph_, op) / step.calls;
    } else {
        call.shape = stored_tensor(step.outputs.at(0)).shape;
    }
    const auto bind = [&](const std::string &name) {
        const auto found = step.arguments.find(name);
        if (found == step.arguments.end())
            throw Error("operator {}: kernel {} has an argument {} that lowering does not give",
                        op.name, symbol, name);
        call.arguments.push_back(found->second);
    };
    for (const Halide::Argument &argument : step.signature->inputs)
        bind(argument.name);
    // Halide makes the names of Funcs unique by appending $ and a number.
    for (const Halide::Func &output : step.signature->outputs)
        bind(output.name().substr(0, output.name().find('$')));
    program_.calls.push_back(std::move(call));
}

} // namespace octet::lower
