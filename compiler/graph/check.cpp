// The checks of the graph as a whole and of single tensors; check_<group>.cpp have the operators.
#include "compiler/graph/check_operator.h"

#include <cmath>
#include <limits>
#include <set>

namespace octet {

namespace {

/// All tensors together: 2^30 elements.
constexpr int64_t max_total_elements = int64_t(1) << 30;
constexpr size_t max_rank = 8;

bool may_be_quantized(DType dtype) {
    switch (dtype) {
    case DType::s8:
    case DType::u8:
    case DType::s16:
    case DType::s32:
    case DType::s64: // the bias beside int16 activations
        return true;
    default:
        return false;
    }
}

std::pair<int32_t, int32_t> zero_point_range(DType dtype) {
    switch (dtype) {
    case DType::s8:
        return {-128, 127};
    case DType::u8:
        return {0, 255};
    default:
        return {0, 0}; // wider integers are symmetric
    }
}

void check_quantization(const Graph &graph, const Tensor &tensor) {
    const Quantization &q = tensor.quantization;
    const std::string object = fmt::format("{}: tensor '{}'", where(graph), tensor.name);
    if (q.scales.size() != q.zero_points.size())
        throw Error("{}: {} scales and {} zero points; give each scale its zero point", object,
                    q.scales.size(), q.zero_points.size());
    if (!q.quantized())
        return;
    if (!may_be_quantized(tensor.dtype))
        throw Error("{}: it is {} and has a scale; only integers are quantized", object,
                    name_of(tensor.dtype));
    if (q.per_channel()) {
        if (q.axis < 0 || size_t(q.axis) >= tensor.shape.size() ||
            size_t(tensor.shape[size_t(q.axis)]) != q.scales.size())
            throw Error("{}: {} scales along axis {} of {}; give one scale per channel", object,
                        q.scales.size(), q.axis, to_string(tensor.shape));
    }
    const auto [lowest, highest] = zero_point_range(tensor.dtype);
    for (size_t i = 0; i < q.scales.size(); i++) {
        if (!std::isfinite(q.scales[i]) || q.scales[i] <= 0)
            throw Error("{}: scale {} is {}; it must be finite and above 0", object, i,
                        q.scales[i]);
        if (q.zero_points[i] < lowest || q.zero_points[i] > highest)
            throw Error("{}: zero point {} is {}; for {} it must be from {} to {}", object, i,
                        q.zero_points[i], name_of(tensor.dtype), lowest, highest);
    }
}

/// Writers of every tensor: an input, a constant or one operator, before all of its readers.
class Order {
public:
    explicit Order(const Graph &graph)
        : graph_(graph), available_(graph.tensors.size(), false), written_(available_) {
        for (size_t i = 0; i < graph.tensors.size(); i++)
            available_[i] = graph.tensors[i].constant();
    }

    void inputs() {
        for (TensorId id : graph_.inputs) {
            if (tensor(id, "an input").constant())
                throw Error("{}: input '{}' is a constant; remove it from the inputs",
                            where(graph_), graph_.tensor(id).name);
            if (available_[size_t(id)])
                throw Error("{}: input '{}' is listed twice; list it once", where(graph_),
                            graph_.tensor(id).name);
            available_[size_t(id)] = true;
        }
    }

    void execute(const Operator &op) {
        for (TensorId id : op.inputs)
            if (id != no_tensor && !available_[size_t(id)])
                throw Error("{}: {} reads '{}' before anything has written it; order the "
                            "operators by execution",
                            where(graph_), op.name, graph_.tensor(id).name);
        for (TensorId id : op.outputs) {
            if (available_[size_t(id)])
                throw Error("{}: {} writes '{}', which is an input, a constant or another "
                            "operator's output; give it an output of its own",
                            where(graph_), op.name, graph_.tensor(id).name);
            available_[size_t(id)] = written_[size_t(id)] = true;
        }
    }

    void outputs() {
        if (graph_.outputs.empty())
            throw Error("{}: the network has no outputs; name at least one", where(graph_));
        for (TensorId id : graph_.outputs) {
            if (tensor(id, "an output").constant() || !written_[size_t(id)])
                throw Error("{}: no operator writes the output '{}'; name one that is computed",
                            where(graph_), graph_.tensor(id).name);
        }
    }

private:
    const Tensor &tensor(TensorId id, const char *role) {
        if (id < 0 || size_t(id) >= graph_.tensors.size())
            throw Error("{}: {} is tensor {}; there are {} tensors", where(graph_), role, id,
                        graph_.tensors.size());
        return graph_.tensor(id);
    }

    const Graph &graph_;
    std::vector<bool> available_; ///< may be read
    std::vector<bool> written_;   ///< by an operator
};

bool only_for_shapes(OpKind kind) {
    switch (kind) {
#define OCTET_OPERATOR(kind, tflite, code)
#define OCTET_SHAPE_OPERATOR(kind, tflite, code) case OpKind::kind:
#include "compiler/graph/operators.def"
#undef OCTET_OPERATOR
#undef OCTET_SHAPE_OPERATOR
        return true;
    default:
        return false;
    }
}

} // namespace

void check_tensor(const Graph &graph, const Tensor &tensor) {
    const std::string object = fmt::format("{}: tensor '{}'", where(graph), tensor.name);
    if (tensor.shape.size() > max_rank)
        throw Error("{}: it has {} dimensions; at most {} are supported", object,
                    tensor.shape.size(), max_rank);
    int64_t elements = 1;
    for (int extent : tensor.shape) {
        // Only the integers of shape arithmetic may be empty: the shape of a scalar is.
        const bool integers = tensor.dtype == DType::s32 || tensor.dtype == DType::s64;
        if (extent < (integers ? 0 : 1))
            throw Error("{}: its shape is {}; every extent must be at least 1", object,
                        to_string(tensor.shape));
        elements *= extent; // cannot overflow: below 2^28 * 2^31
        if (elements > max_elements)
            throw Error("{}: its shape is {}; at most 2^28 elements are supported", object,
                        to_string(tensor.shape));
    }
    if (tensor.constant() && tensor.data->size() != tensor.bytes())
        throw Error("{}: it holds {} bytes; {} of {} need {}", object, tensor.data->size(),
                    to_string(tensor.shape), name_of(tensor.dtype), tensor.bytes());
    check_quantization(graph, tensor);
}

void check(const Graph &graph) {
    int64_t total = 0;
    for (const Tensor &tensor : graph.tensors) {
        check_tensor(graph, tensor);
        total += tensor.elements();
        if (total > max_total_elements)
            throw Error("{}: its tensors have more than 2^30 elements together; use a smaller "
                        "batch or network",
                        where(graph));
    }
    if (graph.operators.empty())
        throw Error("{}: no operator computes its outputs; there is nothing to compile",
                    where(graph));
    Order order(graph);
    order.inputs();
    std::set<std::string> names;
    for (const Operator &op : graph.operators) {
        if (op.name.empty() || !names.insert(op.name).second)
            throw Error("{}: the name '{}' of an operator ({}) is empty or used twice; make it "
                        "unique",
                        where(graph), op.name, tflite_name_of(op.kind));
        if (only_for_shapes(op.kind))
            throw Error("{}: {} ({}) depends on values that are known at run time only; fix the "
                        "network's shapes before converting it",
                        where(graph), op.name, tflite_name_of(op.kind));
        check_operator(graph, op);
        const Tensor &output = graph.tensor(op.outputs[0]);
        if (output.dtype != DType::f32 && !quantized(output.dtype))
            throw Error("{}: {} ({}) computes {} at run time; operators may compute float32, int8, "
                        "uint8 or int16",
                        where(graph), op.name, tflite_name_of(op.kind), name_of(output.dtype));
        order.execute(op);
    }
    order.outputs();
}

} // namespace octet
