// Rewrites of the Graph that leave every remaining operator's values unchanged.
#include "compiler/lower/lower.h"

#include <algorithm>

namespace octet::lower {

namespace {

/// The operator that alone reads `tensor`, or none; a model output has another reader.
Operator *only_reader(Graph &graph, TensorId tensor) {
    if (std::find(graph.outputs.begin(), graph.outputs.end(), tensor) != graph.outputs.end())
        return nullptr;
    Operator *reader = nullptr;
    for (Operator &op : graph.operators)
        for (TensorId input : op.inputs)
            if (input == tensor) {
                if (reader)
                    return nullptr;
                reader = &op;
            }
    return reader;
}

/// The spatial part of `pads` (NHWC), or nothing when other axes are padded.
bool spatial_padding(const PadAttributes &attributes, Padding &padding) {
    const auto &pads = attributes.pads;
    if (pads.size() != 4 || pads[0] != std::pair(0, 0) || pads[3] != std::pair(0, 0))
        return false;
    padding = {pads[1].first, pads[1].second, pads[2].first, pads[2].second};
    return padding.top >= 0 && padding.bottom >= 0 && padding.left >= 0 && padding.right >= 0;
}

void add_padding(Padding &padding, const Padding &more) {
    padding.top += more.top;
    padding.bottom += more.bottom;
    padding.left += more.left;
    padding.right += more.right;
}

/// PAD pads with the zero point, as convolutions do: it becomes part of the convolution behind it.
bool fuse_pad(Graph &graph, Operator &pad) {
    Padding padding;
    if (pad.kind != OpKind::pad || !spatial_padding(pad.as<PadAttributes>(), padding))
        return false;
    Operator *reader = only_reader(graph, pad.outputs[0]);
    if (!reader || reader->inputs[0] != pad.outputs[0])
        return false;
    const Tensor &before = graph.tensor(pad.inputs[0]), &after = graph.tensor(pad.outputs[0]);
    if (!(before.quantization == after.quantization))
        return false;
    if (auto *conv = std::get_if<Conv2dAttributes>(&reader->attributes))
        add_padding(conv->padding, padding);
    else if (auto *depthwise = std::get_if<DepthwiseConv2dAttributes>(&reader->attributes))
        add_padding(depthwise->padding, padding);
    else
        return false;
    reader->inputs[0] = pad.inputs[0];
    return true;
}

} // namespace

Graph fuse(const Graph &graph, std::vector<std::string> &notes) {
    Graph result = graph;
    for (size_t i = 0; i < result.operators.size();) {
        if (fuse_pad(result, result.operators[i])) {
            notes.push_back(result.operators[i].name + ": padding moved into the operator behind it");
            result.operators.erase(result.operators.begin() + long(i));
        } else {
            ++i;
        }
    }
    return result;
}

} // namespace octet::lower
