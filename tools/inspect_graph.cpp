// The description of a network as it was imported.
#include "tools/inspect.h"
#include "tools/table.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace octet::tools {
namespace {

std::string describe(const Quantization &q) {
    if (!q.quantized())
        return "";
    if (!q.per_channel())
        return fmt::format("scale {:g}, zero point {}", q.scale(), q.zero_point());
    const auto [least, greatest] = std::ranges::minmax(q.scales);
    const auto [lowest, highest] = std::ranges::minmax(q.zero_points);
    return fmt::format("{} scales along axis {}, {:g} to {:g}, zero point{}", q.scales.size(),
                       q.axis, least, greatest,
                       lowest == highest ? fmt::format(" {}", lowest)
                                         : fmt::format("s {} to {}", lowest, highest));
}

std::string describe(Activation activation) {
    static constexpr const char *names[] = {"", "relu", "relu6", "relu_n1_to_1"};
    return names[size_t(activation)];
}

std::string describe(const Padding &padding) {
    return padding.any() ? fmt::format("pad {},{},{},{}", padding.top, padding.bottom, padding.left,
                                       padding.right)
                         : "";
}

/// The parts that are not empty, with spaces between.
std::string words(std::initializer_list<std::string> parts) {
    std::string text;
    for (const std::string &part : parts)
        if (!part.empty())
            text += (text.empty() ? "" : " ") + part;
    return text;
}

std::string pair(const char *what, int h, int w, int usual = 1) {
    return h == usual && w == usual ? "" : fmt::format("{} {}x{}", what, h, w);
}

struct AttributeText {
    std::string operator()(const std::monostate &) const { return ""; }
    std::string operator()(const Conv2dAttributes &a) const {
        return words({pair("stride", a.stride_h, a.stride_w),
                      pair("dilation", a.dilation_h, a.dilation_w),
                      a.groups == 1 ? "" : fmt::format("groups {}", a.groups), describe(a.padding),
                      describe(a.activation)});
    }
    std::string operator()(const DepthwiseConv2dAttributes &a) const {
        return words({pair("stride", a.stride_h, a.stride_w),
                      pair("dilation", a.dilation_h, a.dilation_w),
                      a.multiplier == 1 ? "" : fmt::format("multiplier {}", a.multiplier),
                      describe(a.padding), describe(a.activation)});
    }
    std::string operator()(const Pool2dAttributes &a) const {
        return words({pair("kernel", a.kernel_h, a.kernel_w, 0),
                      pair("stride", a.stride_h, a.stride_w), describe(a.padding),
                      describe(a.activation)});
    }
    std::string operator()(const FullyConnectedAttributes &a) const {
        return words({a.keep_dims ? "keep dims" : "", describe(a.activation)});
    }
    std::string operator()(const AddAttributes &a) const { return describe(a.activation); }
    std::string operator()(const SubAttributes &a) const { return describe(a.activation); }
    std::string operator()(const MulAttributes &a) const { return describe(a.activation); }
    std::string operator()(const LeakyReluAttributes &a) const {
        return fmt::format("alpha {:g}", a.alpha);
    }
    std::string operator()(const TransposeConv2dAttributes &a) const {
        return words(
            {pair("stride", a.stride_h, a.stride_w), describe(a.padding), describe(a.activation)});
    }
    std::string operator()(const ResizeAttributes &a) const {
        return words({a.align_corners ? "align corners" : "",
                      a.half_pixel_centers ? "half-pixel centers" : ""});
    }
    std::string operator()(const SliceAttributes &a) const {
        return fmt::format("begin {} strides {}", fmt::join(a.begin, ","),
                           fmt::join(a.strides, ","));
    }
    std::string operator()(const MeanAttributes &a) const {
        return words(
            {fmt::format("axes {}", fmt::join(a.axes, ",")), a.keep_dims ? "keep dims" : ""});
    }
    std::string operator()(const PadAttributes &a) const {
        std::string text = "pads";
        for (const auto &[before, after] : a.pads)
            text += fmt::format(" {}+{}", before, after);
        return text;
    }
    std::string operator()(const SoftmaxAttributes &a) const {
        return a.beta == 1 ? "" : fmt::format("beta {:g}", a.beta);
    }
    std::string operator()(const ConcatenationAttributes &a) const {
        return words({fmt::format("axis {}", a.axis), describe(a.activation)});
    }
    std::string operator()(const TransposeAttributes &a) const {
        return fmt::format("permutation {}", fmt::join(a.permutation, ","));
    }
    std::string operator()(const StridedSliceAttributes &) const { return ""; }
    std::string operator()(const PackAttributes &a) const { return fmt::format("axis {}", a.axis); }
};

/// What a tensor's elements are, and how model files keep them where it is not as they are.
std::string describe_elements(const Tensor &tensor) {
    if (!tensor.constant())
        return "";
    const WeightStorage &s = tensor.storage;
    if (s.plain())
        return "constant";
    return s.codebooks.empty()
               ? fmt::format("constant, {} bits", s.bits)
               : fmt::format("constant, {} codebook{} of {} bits", s.codebook_count(),
                             s.codebook_count() > 1 ? "s" : "", s.bits);
}

std::string list_tensors(const Graph &graph, const std::vector<TensorId> &ids) {
    Table table({">id", "name", "type", "shape", ">bytes", "", "quantization"});
    for (TensorId id : ids) {
        const Tensor &tensor = graph.tensor(id);
        table.add({std::to_string(id), short_name(tensor.name), std::string(name_of(tensor.dtype)),
                   to_string(tensor.shape), with_commas(int64_t(tensor.bytes())),
                   describe_elements(tensor), describe(tensor.quantization)});
    }
    return table.text(2);
}

std::string list_operators(const Graph &graph) {
    Table table({">#", "name", "operator", "inputs", "outputs", "output", ">MACs", "rounding",
                 "attributes"});
    const auto join = [](std::vector<TensorId> ids) {
        std::erase(ids, no_tensor);
        return fmt::format("{}", fmt::join(ids, ","));
    };
    for (size_t i = 0; i < graph.operators.size(); i++) {
        const Operator &op = graph.operators[i];
        const int64_t work = macs(graph, op);
        table.add({std::to_string(i), short_name(op.name), std::string(name_of(op.kind)),
                   join(op.inputs), join(op.outputs),
                   to_string(graph.tensor(op.outputs.at(0)).shape), work ? with_commas(work) : "",
                   std::string(name_of(op.rounding)), std::visit(AttributeText{}, op.attributes)});
    }
    return table.text(2);
}

} // namespace

std::string describe(const Graph &graph) {
    int64_t work = 0;
    uint64_t constants = 0;
    std::vector<TensorId> all;
    for (const Operator &op : graph.operators)
        work += macs(graph, op);
    for (size_t i = 0; i < graph.tensors.size(); i++) {
        all.push_back(TensorId(i));
        constants += graph.tensors[i].constant() ? graph.tensors[i].bytes() : 0;
    }
    std::string text = fmt::format(
        "{}: {}, {} operators, {:.2f} million MACs, {} bytes of constants\n", graph.source,
        graph.name, graph.operators.size(), double(work) / 1e6, with_commas(int64_t(constants)));
    text += "\ninputs\n" + list_tensors(graph, graph.inputs);
    text += "\noutputs\n" + list_tensors(graph, graph.outputs);
    text += "\noperators\n" + list_operators(graph);
    return text + "\ntensors\n" + list_tensors(graph, all);
}

} // namespace octet::tools
