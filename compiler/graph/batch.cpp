#include "compiler/graph/batch.h"

#include "compiler/graph/check_operator.h"
#include "compiler/support/error.h"

#include <algorithm>

namespace octet {

namespace {

/// Why a network is not for `images` independent images; empty where it is.
class Images {
public:
    Images(const Graph &graph, int images)
        : graph_(graph), images_(images), varies_(graph.tensors.size()) {}

    std::string objection() {
        if (graph_.inputs.empty())
            return "it has no inputs";
        for (TensorId id : graph_.inputs) {
            varies_[size_t(id)] = true;
            if (!has_images(id))
                return fmt::format("its input {} is {}, and no axis of {} comes first",
                                   graph_.tensor(id).name, to_string(graph_.tensor(id).shape),
                                   images_);
        }
        for (const Operator &op : graph_.operators)
            if (const std::string reason = objection_to(op); !reason.empty())
                return fmt::format("operator {} ({}) {}", op.name, tflite_name_of(op.kind), reason);
        for (TensorId id : graph_.outputs)
            if (!varies(id))
                return fmt::format("its output {} does not depend on the inputs",
                                   graph_.tensor(id).name);
        return "";
    }

    bool varies(TensorId id) const { return id != no_tensor && varies_[size_t(id)]; }

private:
    bool has_images(TensorId id) const {
        const Shape &shape = graph_.tensor(id).shape;
        return !shape.empty() && shape[0] == images_;
    }

    std::string objection_to(const Operator &op) {
        if (std::ranges::none_of(op.inputs, [&](TensorId id) { return varies(id); }))
            return "";
        for (TensorId id : op.outputs) {
            varies_[size_t(id)] = true;
            if (!has_images(id))
                return fmt::format("has the output {}, and no axis of {} comes first",
                                   to_string(graph_.tensor(id).shape), images_);
        }
        return mixes(op);
    }

    /// What of an operator connects images, beyond the shapes.
    std::string mixes(const Operator &op) const {
        switch (op.kind) {
        case OpKind::add:
        case OpKind::sub:
        case OpKind::mul:
        case OpKind::maximum:
        case OpKind::minimum:
        case OpKind::prelu:
            return operands_differ(op);
        case OpKind::concatenation:
            if (op.as<ConcatenationAttributes>().axis == 0)
                return "joins images";
            if (!std::ranges::all_of(op.inputs, [&](TensorId id) { return varies(id); }))
                return "joins a constant to each image";
            return "";
        case OpKind::mean: {
            const std::vector<int> &axes = op.as<MeanAttributes>().axes;
            return std::ranges::count(axes, 0) ? "takes the mean over images" : "";
        }
        case OpKind::pad:
            return op.as<PadAttributes>().pads.at(0) != std::pair(0, 0) ? "adds images" : "";
        case OpKind::slice: {
            const auto &slice = op.as<SliceAttributes>();
            return slice.begin.at(0) != 0 || slice.strides.at(0) != 1 ? "chooses images" : "";
        }
        case OpKind::softmax:
            return graph_.tensor(op.inputs[0]).shape.size() < 2 ? "compares images" : "";
        case OpKind::transpose:
            return op.as<TransposeAttributes>().permutation.at(0) != 0 ? "moves the axis of images"
                                                                       : "";
        case OpKind::strided_slice:
        case OpKind::shape:
        case OpKind::pack:
            return "computes with shapes at run time";
        default:
            return "";
        }
    }

    /// Operands are broadcast along their last axes: an operand with images needs as many axes as
    /// the output, a constant must be the same for all images.
    std::string operands_differ(const Operator &op) const {
        const size_t rank = graph_.tensor(op.outputs[0]).shape.size();
        for (TensorId id : op.inputs) {
            const Shape &shape = graph_.tensor(id).shape;
            if (varies(id) && shape.size() != rank)
                return fmt::format("broadcasts {} over images", to_string(shape));
            if (!varies(id) && shape.size() == rank && shape[0] != 1)
                return "has a constant for each image";
        }
        return "";
    }

    const Graph &graph_;
    const int images_;
    std::vector<bool> varies_; ///< with the inputs, by tensor
};

/// The first extent of the first input.
int first_extent(const Graph &graph) {
    if (graph.inputs.empty() || graph.tensor(graph.inputs[0]).shape.empty())
        return 1;
    return graph.tensor(graph.inputs[0]).shape[0];
}

} // namespace

int images_of(const Graph &graph) {
    const int images = first_extent(graph);
    return Images(graph, images).objection().empty() ? images : 1;
}

Graph with_batch(const Graph &graph, int images) {
    const int before = first_extent(graph);
    if (before == images)
        return graph;
    if (before != 1)
        throw UsageError("{}: its inputs are for {} images already; leave --batch away or give a "
                         "network for one",
                         where(graph), before);
    Images one(graph, 1);
    if (const std::string reason = one.objection(); !reason.empty())
        throw UsageError("{}: {}, so that images cannot be put into a batch; leave --batch away",
                         where(graph), reason);
    Graph result = graph;
    for (size_t id = 0; id < result.tensors.size(); ++id)
        if (one.varies(TensorId(id)))
            result.tensors[id].shape[0] = images;
    check(result);
    return result;
}

} // namespace octet
